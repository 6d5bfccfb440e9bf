use std::time::{Duration, Instant};

/// Of how many different inputs of one size a round takes each: of as many as have 100,000 nodes together, and of one at least. A program sees an input once, but a processor that goes through a small one again finds all of it in
/// the nearest caches, and soon knows by heart which way each branch goes.
#[must_use]
pub fn inputs_of(size: u32) -> u32 {
    (100_000 / size).max(1)
}

/// How long one operation takes at several sizes, and how fast that grows.
#[derive(Clone, Debug, Default)]
pub struct Series {
    points: Vec<Measured>,
    patience: Option<Duration>,
}

/// The least processor time that one operation took at one size.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// How many nodes.
    pub size: u32,
    /// The least of several times.
    pub time: Duration,
}

impl Series {
    /// A series that repeats an operation at one size for no longer than this, but twice at least: the first time, it may have to ask the system for memory.
    #[must_use]
    pub fn within(patience: Duration) -> Self {
        Self { points: Vec::new(), patience: Some(patience) }
    }

    /// Adds a point that was measured elsewhere.
    pub fn push(&mut self, size: u32, time: Duration) {
        self.points.push(Measured { size, time });
    }

    /// Measures one more size. What `prepare` makes is neither timed nor, once it is done with, its dropping.
    pub fn measure<I, O>(&mut self, size: u32, prepare: impl Fn() -> I, operation: impl Fn(I) -> O) {
        self.measure_each(size, 1, |_| prepare(), operation);
    }

    /// The same for that many different inputs of one size, of which each round takes every one: the average of them.
    pub fn measure_each<I, O>(
        &mut self,
        size: u32,
        inputs: u32,
        prepare: impl Fn(u32) -> I,
        operation: impl Fn(I) -> O,
    ) {
        // Small sizes are repeated until they amount to something.
        let rounds = (2_000_000 / (size * inputs).max(1)).clamp(9, 400);
        let began = Instant::now();
        let impatient = |round: &u32| *round > 1 && self.patience.is_some_and(|patience| began.elapsed() > patience);
        let each = |number: u32| once(|| prepare(number), &operation);
        let times = (0..rounds).take_while(|round| !impatient(round));
        let time = times.map(|_| (0..inputs).map(each).sum::<Duration>()).min().unwrap_or_default();
        self.push(size, time / inputs.max(1));
    }

    /// Measures one more size of what is too slow for many rounds, for that many different inputs as in [`measure_each`](Self::measure_each): at least two rounds, and then until the times add up to
    /// `budget`.
    pub fn measure_within<O>(&mut self, budget: Duration, size: u32, inputs: u32, operation: impl Fn(u32) -> O) {
        let (mut spent, mut least, mut rounds) = (Duration::ZERO, Duration::MAX, 0);
        while rounds < 2 || spent < budget {
            let time = (0..inputs).map(|number| once(|| number, &operation)).sum();
            (spent, least, rounds) = (spent + time, least.min(time), rounds + 1);
        }
        self.push(size, least / inputs.max(1));
    }

    /// Measures one more size with an operation so short that it must be repeated between two looks at the clock.
    pub fn repeat(&mut self, size: u32, operation: impl Fn()) {
        let times = (1_000_000 / size.max(1)).max(1);
        let rounds = (0..9).map(|_| {
            let start = now();
            (0..times).for_each(|_| operation());
            now().saturating_sub(start) / times
        });
        self.push(size, rounds.min().unwrap_or_default());
    }

    /// What was measured, in the order of measuring.
    #[must_use]
    pub fn points(&self) -> &[Measured] {
        &self.points
    }

    /// The `b` of the power law `time = a · size^b` that fits best (least squares of the logarithms).
    #[must_use]
    pub fn exponent(&self) -> f64 {
        let logs = self.points.iter().map(|point| (f64::from(point.size).ln(), point.time.as_secs_f64().ln()));
        let count = self.points.len() as f64;
        let (x, y) = logs.clone().fold((0.0, 0.0), |(x, y), log| (x + log.0 / count, y + log.1 / count));
        let (above, below) = logs.fold((0.0, 0.0), |(above, below), log| {
            (above + (log.0 - x) * (log.1 - y), below + (log.0 - x) * (log.0 - x))
        });
        above / below
    }
}

impl Measured {
    /// Nanoseconds for each node.
    #[must_use]
    pub fn per_node(&self) -> f64 {
        self.time.as_secs_f64() * 1e9 / f64::from(self.size)
    }
}

fn once<I, O>(prepare: impl Fn() -> I, operation: impl Fn(I) -> O) -> Duration {
    let input = prepare();
    let start = now();
    let output = std::hint::black_box(operation(input));
    let time = now().saturating_sub(start);
    drop(output);
    time
}

/// What this thread ran for, where the system tells: the rest of a busy machine is not our time.
#[cfg(unix)]
fn now() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// What passed on the clock.
#[cfg(not(unix))]
fn now() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}
