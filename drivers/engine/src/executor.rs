//! The loop that obeys a run.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use futures_util::task::AtomicWaker;
use score_drivers::{Call, Cancel, Cancelled, Failure, Progress, Seed, Sleep};
use score_resolver::{Command, Event, Invocation, Record, Request, Response, Run, Scope, Summary, Ticket};
use tracing::Instrument as _;

use crate::spans::Spans;
use crate::{Ack, Engine, EngineError, Journal};

/// Told of each event as it happens.
pub type OnEvent<'a> = &'a mut (dyn FnMut(&Event) + Send);

/// Obeys `run` to its end.
///
/// All that the run says before it waits is written in one batch, and so is what comes of answers that are there already: a thousand resources that wait for nobody are a handful of appends.
pub(crate) async fn execute(
    engine: &Engine,
    journal: &mut Journal,
    scope: &Scope,
    seed: &Seed,
    run: &mut Run,
    on_event: OnEvent<'_>,
) -> Result<Summary, EngineError> {
    let mut executor = Executor {
        engine,
        call: Call::new(scope.clone()).with_clock(engine.now().clone()),
        seed,
        spans: Spans::new(scope),
        stop: CancelAtEnd(engine.wish().cancel().child()),
        calls: FuturesUnordered::new(),
        news: Arc::default(),
        draining: Some(engine.wish().draining()),
        renewal: None,
    };
    executor.obey(journal, run, on_event).await
}

/// Cancels when it is dropped. Calls that still run then, after an error or because nobody waits for the whole any more, are not heard.
struct CancelAtEnd(Cancel);

impl Drop for CancelAtEnd {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

struct Executor<'a> {
    engine: &'a Engine,
    /// What all calls have in common.
    call: Call,
    seed: &'a Seed,
    spans: Spans,
    /// Cancels all calls.
    stop: CancelAtEnd,
    calls: FuturesUnordered<BoxFuture<'a, (Ticket, Result<Response, Failure>)>>,
    news: Arc<News>,
    /// `None` once it is known that nothing new is to be started.
    draining: Option<Cancelled>,
    renewal: Option<Sleep>,
}

/// What calls tell while they run.
#[derive(Default)]
struct News {
    told: Mutex<VecDeque<(Ticket, Progress)>>,
    waker: AtomicWaker,
}

/// What was waited for.
enum Happened {
    Answered(Ticket, Result<Response, Failure>),
    Told(Ticket, Progress),
    Interrupted,
    RenewalDue,
}

impl<'a> Executor<'a> {
    async fn obey(
        &mut self,
        journal: &mut Journal,
        run: &mut Run,
        on_event: OnEvent<'_>,
    ) -> Result<Summary, EngineError> {
        let mut batch: Vec<(Ticket, Record)> = Vec::new();
        loop {
            let mut finished = None;
            while let Some(command) = run.poll() {
                match command {
                    Command::Write(ticket, record) => batch.push((ticket, record)),
                    Command::Invoke(ticket, invocation) => self.invoke(ticket, *invocation),
                    Command::Emit(event) => {
                        self.spans.note(&event);
                        on_event(&event);
                    }
                    Command::Finished(summary) => {
                        finished = Some(summary);
                        break;
                    }
                    _ => {}
                }
            }
            if let Some(summary) = finished
                && batch.is_empty()
            {
                return Ok(summary);
            }
            if self.take_what_is_there(run) {
                continue;
            }
            if batch.is_empty() {
                self.wait(journal, run).await?;
                continue;
            }
            let (tickets, records): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
            let ack = journal.append(records).await?;
            self.heed(ack, run);
            tickets.into_iter().for_each(|ticket| run.written(ticket));
        }
    }

    fn invoke(&mut self, ticket: Ticket, invocation: Invocation) {
        let Invocation { uid, driver, key, request, .. } = invocation;
        let news = self.news.clone();
        let told = move |progress| news.tell(ticket, progress);
        let mut call = self.call.clone().with_cancel(self.stop.0.child()).with_progress(told);
        if let Some(key) = key {
            call = call.with_key(key);
        }
        if let Request::Apply(request) = &request {
            call = call.with_seed(self.seed.derive(&request.guid.to_string()));
        }
        let engine = self.engine;
        let span = self.spans.of(Some(&uid)).clone();
        let answer = async move { (ticket, engine.ask(&driver, &call, request).await) };
        self.calls.push(Box::pin(answer.instrument(span)));
    }

    /// Takes all that happened already, without waiting. Says whether that was anything.
    fn take_what_is_there(&mut self, run: &mut Run) -> bool {
        let mut anything = false;
        while let Some(Some((ticket, answer))) = self.calls.next().now_or_never() {
            self.tell_on(run);
            run.answered(ticket, answer);
            anything = true;
        }
        self.tell_on(run) || anything
    }

    /// What calls told before, in the order in which they did.
    fn tell_on(&mut self, run: &mut Run) -> bool {
        let told = std::mem::take(&mut *self.news.told.lock().unwrap_or_else(PoisonError::into_inner));
        let anything = !told.is_empty();
        told.into_iter().for_each(|(ticket, progress)| pass(run, ticket, progress));
        anything
    }

    /// Waits until something happens.
    async fn wait(&mut self, journal: &mut Journal, run: &mut Run) -> Result<(), EngineError> {
        if self.renewal.is_none() {
            self.renewal = journal.renewal().map(|after| self.engine.now().sleep(after));
        }
        match poll_fn(|context| self.poll(context)).await {
            Happened::Answered(ticket, answer) => {
                self.tell_on(run);
                run.answered(ticket, answer);
            }
            Happened::Told(ticket, progress) => pass(run, ticket, progress),
            Happened::Interrupted => self.drain(run),
            Happened::RenewalDue => {
                self.renewal = None;
                let ack = journal.renew().await?;
                self.heed(ack, run);
            }
        }
        Ok(())
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Happened> {
        self.news.waker.register(context.waker());
        if let Some((ticket, progress)) = self.news.take() {
            return Poll::Ready(Happened::Told(ticket, progress));
        }
        if let Poll::Ready(Some((ticket, answer))) = self.calls.poll_next_unpin(context) {
            return Poll::Ready(Happened::Answered(ticket, answer));
        }
        if let Some(draining) = &mut self.draining
            && draining.poll_unpin(context).is_ready()
        {
            return Poll::Ready(Happened::Interrupted);
        }
        if let Some(renewal) = &mut self.renewal
            && renewal.poll_unpin(context).is_ready()
        {
            return Poll::Ready(Happened::RenewalDue);
        }
        Poll::Pending
    }

    /// What the store says may be a wish to stop, and so may be what people say while nobody waits.
    fn heed(&mut self, ack: Ack, run: &mut Run) {
        self.renewal = None;
        if ack.cancel_wanted || self.engine.wish().is_draining() {
            self.drain(run);
        }
    }

    fn drain(&mut self, run: &mut Run) {
        if self.draining.take().is_some() {
            run.cancel();
        }
    }
}

impl News {
    fn tell(&self, ticket: Ticket, progress: Progress) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push_back((ticket, progress));
        self.waker.wake();
    }

    fn take(&self) -> Option<(Ticket, Progress)> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

fn pass(run: &mut Run, ticket: Ticket, progress: Progress) {
    match progress {
        Progress::Log(line) => run.progress(ticket, &line),
        // told of the attempt that comes, where a run is told of those that there were
        Progress::Retried { attempt, message, .. } => run.retried(ticket, attempt.saturating_sub(1), &message),
        _ => {}
    }
}
