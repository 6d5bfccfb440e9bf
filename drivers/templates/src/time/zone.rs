//! Time zones, from a database that is built in.

use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Where a time is shown.
#[derive(Debug, Clone)]
#[doc(hidden)]
pub enum Zone {
    Utc,
    /// The zone of the machine, which is UTC for everyone here.
    Local,
    Named(Arc<TimeZone>),
    /// Seconds east of UTC, and a name that may be empty.
    Fixed(i64, Arc<str>),
}

/// How a zone's clocks run at some instant.
pub(crate) struct Offset {
    /// East of UTC.
    pub(crate) seconds: i64,
    pub(crate) abbreviation: String,
    pub(crate) daylight_saving: bool,
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Zone {
    /// The zone of this name in the database.
    pub(crate) fn load(name: &str) -> Option<Self> {
        match name {
            "" | "UTC" => Some(Self::Utc),
            "Local" => Some(Self::Local),
            _ => {
                let zone = DATABASE.get(name).ok().filter(|zone| zone.iana_name() == Some(name))?;
                Some(Self::Named(Arc::new(zone)))
            }
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Utc => "UTC",
            Self::Local => "Local",
            Self::Named(zone) => zone.iana_name().unwrap_or_default(),
            Self::Fixed(_, name) => name,
        }
    }

    pub(crate) fn offset(&self, seconds: i64) -> Offset {
        match self {
            Self::Utc | Self::Local => Offset { seconds: 0, abbreviation: "UTC".to_owned(), daylight_saving: false },
            Self::Fixed(seconds, name) => {
                Offset { seconds: *seconds, abbreviation: name.to_string(), daylight_saving: false }
            }
            Self::Named(zone) => {
                let bounds = Timestamp::MIN.as_second()..=Timestamp::MAX.as_second();
                let seconds = seconds.clamp(*bounds.start(), *bounds.end());
                let timestamp = Timestamp::from_second(seconds).unwrap_or_default();
                let info = zone.to_offset_info(timestamp);
                Offset {
                    seconds: i64::from(info.offset().seconds()),
                    abbreviation: info.abbreviation().to_owned(),
                    daylight_saving: info.dst().is_dst(),
                }
            }
        }
    }
}
