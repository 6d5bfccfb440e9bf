//! What requests wrote.

use std::iter;
use std::num::NonZeroU32;
use std::ops::Range;

use score_model::Value;

use super::draft::{Draft, Origin};
use super::expansion::give_back;
use crate::Expr;

/// The params and metadata of one request.
pub(super) struct Given<'a> {
    /// Who asked.
    pub(super) by: u32,
    /// As written; `None` where the request has none.
    pub(super) written: Option<Value>,
    /// With references replaced; `None` where the request has none.
    pub(super) params: Option<Expr>,
    /// The resource's metadata in its Score file; `None` where there is none.
    pub(super) metadata: Option<&'a Value>,
    /// Which edges the params make: sorted, each once.
    pub(super) references: Range<u32>,
    pub(super) origin: Origin<'a>,
}

/// What requests wrote, for all nodes: nearly every one has one request that wrote something.
#[derive(Default)]
pub(super) struct AllGiven<'a>(Vec<Noted<'a>>);

struct Noted<'a> {
    given: Given<'a>,
    /// What was noted for the same node before.
    before: Option<Place>,
}

/// A place in the list, counted from one.
pub(super) type Place = NonZeroU32;

/// Which of all that requests wrote is for one node.
#[derive(Clone, Copy, Default)]
pub(super) struct OwnGiven {
    /// What was noted last.
    last: Option<Place>,
    /// What has the params that count: those of the least requester that wrote any, under the least name that it has for the node.
    params: Option<Place>,
    /// What has the metadata that count.
    metadata: Option<Place>,
}

impl<'a> AllGiven<'a> {
    /// All that requests wrote for a node, what was noted last first.
    pub(super) fn all(&self, draft: &Draft<'a>) -> impl Iterator<Item = &Given<'a>> {
        self.places(draft).filter_map(|place| self.at(place))
    }

    /// What has the params that count: those of the least requester that wrote any.
    pub(super) fn with_params(&self, draft: &Draft<'a>) -> Option<&Given<'a>> {
        self.at(draft.given.params?)
    }

    /// What has the metadata that count.
    pub(super) fn with_metadata(&self, draft: &Draft<'a>) -> Option<&Given<'a>> {
        self.at(draft.given.metadata?)
    }

    /// The metadata that count.
    pub(super) fn metadata(&self, draft: &Draft<'a>) -> Option<&'a Value> {
        self.with_metadata(draft)?.metadata
    }

    /// The params that count, references replaced.
    pub(super) fn params(&self, draft: &Draft<'a>) -> Option<&Expr> {
        self.with_params(draft)?.params.as_ref()
    }

    /// Notes what a request wrote for a node, and whether its params and metadata are those that count.
    pub(super) fn note(&mut self, own: &mut OwnGiven, given: Given<'a>, params: bool, metadata: bool) {
        self.0.push(Noted { given, before: own.last });
        own.last = Place::new(self.0.len() as u32);
        if params {
            own.params = own.last;
        }
        if metadata {
            own.metadata = own.last;
        }
    }

    /// Takes the params that count, as written.
    pub(super) fn take_written(&mut self, draft: &Draft<'a>) -> Option<Value> {
        self.at_mut(draft.given.params?)?.written.take()
    }

    /// Gives back what was taken to grow.
    pub(super) fn shrink(&mut self) {
        give_back(&mut self.0);
    }

    /// Where all is that requests wrote for a node, what was noted last first.
    pub(super) fn places(&self, draft: &Draft<'a>) -> impl Iterator<Item = Place> {
        iter::successors(draft.given.last, |place| self.0.get(index(*place))?.before)
    }

    pub(super) fn at(&self, place: Place) -> Option<&Given<'a>> {
        self.0.get(index(place)).map(|noted| &noted.given)
    }

    pub(super) fn at_mut(&mut self, place: Place) -> Option<&mut Given<'a>> {
        self.0.get_mut(index(place)).map(|noted| &mut noted.given)
    }
}

fn index(place: Place) -> usize {
    place.get() as usize - 1
}
