//! Not too many at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_util::future::{Either, select};
use score_resolver::{Request, Response};

use crate::{Call, DriverRef, Error, Layer};

/// Lets so many calls run at a time; the others wait, and go in the order in which they came.
///
/// Clones share the limit: around a registry it is one for all drivers together, around one driver one for that.
#[derive(Clone)]
pub struct Concurrency(Arc<Mutex<Places>>);

struct Places {
    free: usize,
    next: u64,
    waiting: BTreeMap<u64, Option<Waker>>,
    called: BTreeSet<u64>,
}

impl Concurrency {
    /// So many calls at a time.
    pub fn new(limit: NonZeroUsize) -> Self {
        Self(Arc::new(Mutex::new(Places {
            free: limit.get(),
            next: 0,
            waiting: BTreeMap::new(),
            called: BTreeSet::new(),
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self) -> Queued {
        let mut places = self.lock();
        let number = places.next;
        places.next += 1;
        if places.free > 0 {
            places.free -= 1;
            places.called.insert(number);
        } else {
            places.waiting.insert(number, None);
        }
        Queued { limit: self.clone(), number }
    }

    fn leave(&self) {
        let mut places = self.lock();
        match places.waiting.pop_first() {
            None => places.free += 1,
            Some((number, waker)) => {
                places.called.insert(number);
                drop(places);
                if let Some(waker) = waker {
                    waker.wake();
                }
            }
        }
    }
}

impl fmt::Debug for Concurrency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.lock();
        f.debug_struct("Concurrency").field("free", &places.free).field("waiting", &places.waiting.len()).finish()
    }
}

impl Layer for Concurrency {
    async fn call(&self, call: &Call, request: Request, next: &DriverRef) -> Result<Response, Error> {
        let place = match select(self.queue(), call.cancel().cancelled()).await {
            Either::Left((place, _)) => place,
            Either::Right(_) => return Err(Error::cancelled()),
        };
        let answer = next.call(call, request).await;
        drop(place);
        answer
    }
}

/// Waits for a place.
struct Queued {
    limit: Concurrency,
    number: u64,
}

impl Future for Queued {
    type Output = Place;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Place> {
        let mut places = self.limit.lock();
        if places.called.remove(&self.number) {
            return Poll::Ready(Place(self.limit.clone()));
        }
        places.waiting.insert(self.number, Some(context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        let called = {
            let mut places = self.limit.lock();
            places.waiting.remove(&self.number);
            places.called.remove(&self.number)
        };
        if called {
            self.limit.leave();
        }
    }
}

struct Place(Concurrency);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.leave();
    }
}
