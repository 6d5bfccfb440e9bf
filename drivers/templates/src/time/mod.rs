//! Times as Go's `time` has them: an instant and the zone it is shown in.

pub(crate) mod duration;
pub(crate) mod layout;
pub(crate) mod parse;
pub(crate) mod zone;

use crate::format::quote::quoted;
use zone::Zone;

const SECONDS_PER_DAY: i64 = 86_400;

pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(crate) const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// An instant, shown in a zone.
#[derive(Debug, Clone, PartialEq)]
#[doc(hidden)]
pub struct Time {
    /// Since 1970-01-01T00:00:00Z.
    pub(crate) seconds: i64,
    pub(crate) nanoseconds: u32,
    pub(crate) zone: Zone,
}

/// A date and a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    /// From 1.
    pub(crate) month: i64,
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
}

impl Time {
    pub(crate) fn at(seconds: i64, nanoseconds: u32, zone: Zone) -> Self {
        Self { seconds, nanoseconds, zone }
    }

    /// January 1 of year 1, which is Go's zero time.
    pub(crate) fn zero() -> Self {
        Self::at(-62_135_596_800, 0, Zone::Utc)
    }

    /// The instant at which a zone's clocks show this.
    pub(crate) fn from_civil(civil: Civil, nanoseconds: u32, zone: Zone) -> Self {
        let seconds = civil.seconds();
        let guess = zone.offset(seconds).seconds;
        // Close to a change of clocks, the offset is the one at the instant that the guess leads to.
        let offset = if guess == 0 { 0 } else { zone.offset(seconds.saturating_sub(guess)).seconds };
        Self::at(seconds.saturating_sub(offset), nanoseconds, zone)
    }

    /// What the clocks of its zone show.
    pub(crate) fn civil(&self) -> Civil {
        Civil::from_seconds(self.seconds.saturating_add(self.zone.offset(self.seconds).seconds))
    }

    pub(crate) fn in_zone(&self, zone: Zone) -> Self {
        Self { zone, ..self.clone() }
    }

    /// Moved by so many nanoseconds.
    pub(crate) fn plus(&self, nanoseconds: i64) -> Self {
        let total = i64::from(self.nanoseconds) + nanoseconds.rem_euclid(1_000_000_000);
        let seconds = self.seconds.saturating_add(nanoseconds.div_euclid(1_000_000_000) + total / 1_000_000_000);
        Self::at(seconds, u32::try_from(total % 1_000_000_000).unwrap_or_default(), self.zone.clone())
    }

    /// Nanoseconds since another time, saturating.
    pub(crate) fn since(&self, other: &Self) -> i64 {
        let seconds = i128::from(self.seconds) - i128::from(other.seconds);
        let nanoseconds = seconds * 1_000_000_000 + i128::from(self.nanoseconds) - i128::from(other.nanoseconds);
        i64::try_from(nanoseconds).unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX })
    }

    /// The instant as one number, to compare.
    pub(crate) fn instant(&self) -> (i64, u32) {
        (self.seconds, self.nanoseconds)
    }

    /// The time as Go prints it.
    pub(crate) fn to_text(&self) -> String {
        self.format(b"2006-01-02 15:04:05.999999999 -0700 MST")
    }

    /// The time as the Go expression that makes it (`%#v`).
    pub(crate) fn to_source(&self) -> String {
        let Civil { year, month, day, hour, minute, second } = self.civil();
        let month = usize::try_from(month - 1).ok().and_then(|month| MONTHS.get(month)).copied().unwrap_or_default();
        let zone = match &self.zone {
            Zone::Utc => "time.UTC".to_owned(),
            Zone::Local => "time.Local".to_owned(),
            other => format!("time.Location({})", quoted(other.name().as_bytes())),
        };
        let nanoseconds = self.nanoseconds;
        format!("time.Date({year}, time.{month}, {day}, {hour}, {minute}, {second}, {nanoseconds}, {zone})")
    }

    pub(crate) fn format(&self, layout: &[u8]) -> String {
        String::from_utf8_lossy(&layout::format(self, layout)).into_owned()
    }
}

pub(crate) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(crate) fn days_in(month: i64, year: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Civil {
    /// Days since 1970-01-01; month and day may be out of range.
    fn days(&self) -> i64 {
        let months = self.month - 1;
        let year = self.year.saturating_add(months.div_euclid(12));
        let month = months.rem_euclid(12) + 1;
        // Years begin in March, so that the leap day is the last.
        let year = if month <= 2 { year.saturating_sub(1) } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era.saturating_mul(146_097).saturating_add(day_of_era - 719_468).saturating_add(self.day.saturating_sub(1))
    }

    /// Seconds since 1970 in UTC.
    pub(crate) fn seconds(&self) -> i64 {
        let day = self.hour * 3600 + self.minute * 60 + self.second;
        self.days().saturating_mul(SECONDS_PER_DAY).saturating_add(day)
    }

    pub(crate) fn from_seconds(seconds: i64) -> Self {
        let days = seconds.div_euclid(SECONDS_PER_DAY);
        let of_day = seconds.rem_euclid(SECONDS_PER_DAY);
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * shifted_month + 2) / 5 + 1,
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
        }
    }

    /// 0 is Sunday.
    pub(crate) fn weekday(&self) -> i64 {
        (self.days() + 4).rem_euclid(7)
    }

    /// From 1.
    pub(crate) fn year_day(&self) -> i64 {
        self.days() - Self { month: 1, day: 1, ..*self }.days() + 1
    }
}
