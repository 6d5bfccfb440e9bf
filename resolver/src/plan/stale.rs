//! Whether a plan still holds.

use std::fmt;
use std::sync::Arc;

use crate::{Context, DriverCatalogue, Plan, Snapshot, SourceDigest};

/// What a plan stands on, as it is now.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// For whom and where.
    pub context: &'a Context,
    /// The files, as they are now.
    pub sources: &'a [SourceDigest],
    /// The drivers that there are now.
    pub drivers: &'a DriverCatalogue,
    /// The state as it is now.
    pub snapshot: &'a Snapshot,
}

/// A plan does not hold any more: what it stands on moved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the plan does not hold any more: {}; plan again", Joined(moved))]
pub struct Stale {
    /// All that moved.
    pub moved: Vec<MovedBasis>,
}

/// A thing that a plan stands on and that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MovedBasis {
    /// The state was not made yet.
    NoState,
    /// Another state.
    Lineage,
    /// Something was recorded since.
    Serial {
        /// When the plan was made.
        planned: u64,
        /// Now.
        now: u64,
    },
    /// A field of the context.
    Context {
        /// Its name.
        field: Arc<str>,
        /// When the plan was made.
        planned: String,
        /// Now.
        now: String,
    },
    /// A file has another content.
    SourceChanged(Arc<str>),
    /// A file is not there any more.
    SourceGone(Arc<str>),
    /// A file came to it.
    SourceNew(Arc<str>),
    /// A driver has another schema number, or is not there any more.
    Driver(Arc<str>),
}

impl fmt::Display for MovedBasis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoState => f.write_str("there is no state yet"),
            Self::Lineage => f.write_str("it was made for another state"),
            Self::Serial { planned, now } => {
                write!(f, "the state moved from serial {planned} to {now}")
            }
            Self::Context { field, planned, now } => write!(f, "`{field}` was `{planned}` and is `{now}`"),
            Self::SourceChanged(name) => write!(f, "`{name}` changed"),
            Self::SourceGone(name) => write!(f, "`{name}` is gone"),
            Self::SourceNew(name) => write!(f, "`{name}` is new"),
            Self::Driver(name) => write!(f, "the driver `{name}` is another"),
        }
    }
}

struct Joined<'a>(&'a [MovedBasis]);

impl fmt::Display for Joined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, moved) in self.0.iter().enumerate() {
            write!(f, "{}{moved}", if index > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

impl Plan {
    /// Whether everything that the plan stands on is as it was.
    ///
    /// # Errors
    /// All that moved.
    pub fn holds(&self, basis: &Basis<'_>) -> Result<(), Stale> {
        let mut moved = self.moved_context(basis.context);
        moved.extend(self.moved_sources(basis.sources));
        let drivers = self.drivers.iter().filter(|(name, planned)| {
            basis
                .drivers
                .get(*name)
                .is_none_or(|now| now.schema != planned.schema || now.capabilities != planned.capabilities)
        });
        moved.extend(drivers.map(|(name, _)| MovedBasis::Driver(name.clone())));
        moved.extend(self.moved_state(basis.snapshot));
        if moved.is_empty() { Ok(()) } else { Err(Stale { moved }) }
    }

    /// Whether the state is the one that the plan was made for.
    ///
    /// # Errors
    /// What moved.
    pub fn holds_for(&self, snapshot: &Snapshot) -> Result<(), Stale> {
        let moved: Vec<MovedBasis> = self.moved_state(snapshot).collect();
        if moved.is_empty() { Ok(()) } else { Err(Stale { moved }) }
    }

    fn moved_state(&self, snapshot: &Snapshot) -> impl Iterator<Item = MovedBasis> + use<> {
        let other = self.lineage.is_some() && self.lineage.as_ref() != snapshot.lineage();
        let (planned, now) = (self.serial, snapshot.serial());
        let lineage = other.then_some(MovedBasis::Lineage);
        lineage.into_iter().chain((!other && planned != now).then_some(MovedBasis::Serial { planned, now }))
    }

    fn moved_context(&self, now: &Context) -> Vec<MovedBasis> {
        let fields = |context: &Context| {
            let plain = [
                ("organisation", context.organisation.to_string()),
                ("project", context.project.to_string()),
                ("environment", context.environment.to_string()),
                ("environment type", context.environment_type.to_string()),
            ];
            let labels: Vec<String> = context.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            plain.into_iter().chain([("labels", labels.join(","))])
        };
        let both = fields(&self.context).zip(fields(now));
        both.filter(|(planned, now)| planned != now)
            .map(|((field, planned), (_, now))| MovedBasis::Context { field: field.into(), planned, now })
            .collect()
    }

    fn moved_sources(&self, now: &[SourceDigest]) -> Vec<MovedBasis> {
        let find = |sources: &[SourceDigest], name: &str| {
            sources.iter().find(|source| &*source.name == name).map(|source| source.digest.clone())
        };
        let planned = &self.options.sources;
        let mut moved: Vec<MovedBasis> = planned
            .iter()
            .filter_map(|source| match find(now, &source.name) {
                None => Some(MovedBasis::SourceGone(source.name.clone())),
                Some(digest) if digest != source.digest => Some(MovedBasis::SourceChanged(source.name.clone())),
                Some(_) => None,
            })
            .collect();
        let new = now.iter().filter(|source| find(planned, &source.name).is_none());
        moved.extend(new.map(|source| MovedBasis::SourceNew(source.name.clone())));
        moved
    }
}
