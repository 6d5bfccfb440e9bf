//! Deployments that survive a loss of power: what they cost, write and keep.
//!
//! `cargo bench -p benches --bench engine` prints tables; words select rows (`-- chain`, `-- stop`). Where `TMPDIR` is a file
//! system in memory, syncs are free and what is left is processor time: then `-- --large` goes on to 1,000,000 nodes.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench")]

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use benches::{Deployment, Selection, Series, Shape};
use futures_executor::block_on;
use futures_util::future::BoxFuture;
use score_engine::drivers::{
    Applied, ApplyRequest, Call, Capabilities, DestroyRequest, Driver, DriverInfo, Error, Registry, Value,
};
use score_engine::model::{Source, Workload};
use score_engine::resolver::{Context, PlanOptions, Platform, RunOptions, Scope};
use score_engine::{
    Ack, Engine, FileStore, Goal, Holder, Interrupt, KeySource, Lease, Loaded, LockOptions, Store, StoreError,
};

/// That of the program `partitura`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SHAPES: [Shape; 4] = [Shape::Chain, Shape::Wide, Shape::Layered, Shape::Hub];
const OPERATIONS: [&str; 3] = ["up", "up again", "down"];

/// A driver with effects that has none, after a while.
struct Nothing {
    lasts: Duration,
    /// When it last ended.
    ended: Arc<Mutex<Option<Instant>>>,
}

impl Nothing {
    fn lasting(lasts: Duration) -> Self {
        Self { lasts, ended: Arc::default() }
    }
}

impl Driver for Nothing {
    fn info(&self) -> DriverInfo {
        DriverInfo::new(Capabilities::default().destroy())
    }

    async fn apply(&self, _: &Call, request: ApplyRequest) -> Result<Applied, Error> {
        std::thread::sleep(self.lasts);
        if let Ok(mut ended) = self.ended.lock() {
            *ended = Some(Instant::now());
        }
        Ok(Applied::new(Value::map([("name", Value::from(request.uid.as_str()))])))
    }

    async fn destroy(&self, _: &Call, _: DestroyRequest) -> Result<(), Error> {
        Ok(())
    }
}

fn engine(store: impl Store, nothing: Nothing) -> Engine {
    let text = Deployment::Things(Shape::Chain).platform().replace("driver: static", "driver: nothing");
    let (platform, _) = Platform::load(&[Source::new("platform.yaml", text)]).into_result().expect("it is sound");
    Engine::new(Registry::new().with("nothing", nothing), store).platform(platform)
}

fn workloads(shape: Shape, size: u32) -> Vec<Workload> {
    let parse = |text: String| Workload::parse(Source::new("score.json", text)).into_result().expect("sound").0;
    Deployment::Things(shape).score_files(size).into_iter().map(parse).collect()
}

fn deploy(engine: &Engine, goal: Goal, at_once: usize) {
    let context = Context::new("development");
    let run = RunOptions::default().parallelism(at_once.try_into().expect("some"));
    let done = block_on(async {
        let mut session = engine.open(&context.scope(), LockOptions::default()).await?;
        let plan = session.plan(&context, goal, PlanOptions::default()).await?;
        let summary = session.apply(plan, run, &mut |_| {}).await?;
        session.close().await?;
        Ok::<_, score_engine::EngineError>(summary)
    });
    assert!(done.expect("it is written").is_success());
}

/// What one deployment did, in a process of its own.
#[derive(Clone, Copy, Debug, Default)]
struct Did {
    processor: Duration,
    elapsed: Duration,
    syncs: u64,
    written: u64,
    peak: u64,
}

/// The process that deploys; says what that took.
fn child(arguments: &[String]) {
    let [operation, shape, size, directory, memory, file] = arguments else { return };
    let directory = Path::new(directory);
    have_memory(memory.parse().expect("bytes"));
    let shape = SHAPES.into_iter().find(|known| known.name() == shape).expect("a shape");
    let workloads = workloads(shape, size.parse().expect("a size"));
    let syncs = Arc::new(AtomicU64::new(0));
    let store = Counting { store: FileStore::new(directory), syncs: syncs.clone() };
    have_file(&directory.with_extension("before"), file.parse().expect("bytes"));
    // The calling thread is the only one, so that what is measured is the engine and not the starting of threads.
    let engine = engine(store, Nothing::lasting(Duration::ZERO)).isolation(None);
    let goal = if operation == "down" { Goal::down() } else { Goal::up(workloads) };
    let (written, began, processor) = (written(), Instant::now(), processor());
    deploy(&engine, goal, 64);
    let took = [self::processor().saturating_sub(processor), began.elapsed()].map(|time| time.as_nanos() as u64);
    let counts = [syncs.load(Ordering::Relaxed), self::written() - written, peak()];
    println!("{}", took.into_iter().chain(counts).map(|number| number.to_string()).collect::<Vec<_>>().join(" "));
}

const PIECE: usize = 64 << 10;

/// Has this process have so many bytes of memory, all of them free: what deploys then takes nothing new from the system.
fn have_memory(bytes: u64) {
    let pieces: Vec<Vec<u8>> = (0..bytes / PIECE as u64).map(|_| vec![1; PIECE]).collect();
    drop(std::hint::black_box(pieces));
}

/// Has the system have so many bytes for files, all of them free: a virtual machine may have to ask for them otherwise.
fn have_file(path: &Path, bytes: u64) {
    let mut file = File::create(path).expect("a file");
    for _ in 0..bytes / PIECE as u64 {
        file.write_all(&[1; PIECE]).expect("it is written");
    }
    std::fs::remove_file(path).expect("it is there");
}

impl Did {
    /// Where it has what one had to take `before`.
    fn measure(operation: &str, shape: Shape, size: u32, directory: &Path, before: Self) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(["--child", operation, shape.name(), &size.to_string()]).arg(directory);
        command.args([before.peak, before.written].map(|bytes| bytes.to_string()));
        if before.peak > 0 {
            command.env("MIMALLOC_PURGE_DELAY", "-1");
        }
        let output = command.output().expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout);
        let mut numbers = text.split_whitespace().map(|number| number.parse::<u64>().expect("a number"));
        let mut next = || numbers.next().expect("a number for each column");
        let (processor, elapsed) = (Duration::from_nanos(next()), Duration::from_nanos(next()));
        Self { processor, elapsed, syncs: next(), written: next(), peak: next() }
    }

    /// The same with the lesser of the times; the first one's peak is that of a process which had no memory before.
    fn least(&self, other: &Self) -> Self {
        Self { processor: self.processor.min(other.processor), elapsed: self.elapsed.min(other.elapsed), ..*self }
    }
}

/// Deployments are made anew until they have that many nodes together, at least and at most so often: of the times of each operation the least counts.
const TOGETHER: u32 = 20_000;
const LEAST_ROUNDS: u32 = 3;
const MOST_ROUNDS: u32 = 9;

/// All operations in a new directory, where there is what those had to take `before`, and the bytes of the state between them.
fn deployments(shape: Shape, size: u32, before: [Did; 3]) -> (u64, [Did; 3]) {
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path().join("state");
    let mut kept = 0;
    let did = std::array::from_fn(|at| {
        let operation = OPERATIONS[at];
        let did = Did::measure(operation, shape, size, &directory, before[at]);
        if operation == "up" {
            kept = journal(&directory);
        }
        did
    });
    (kept, did)
}

fn durable(selection: &Selection, sizes: &[u32]) {
    let mut table = String::from(
        "| shape | nodes | operation | µs a node | elapsed µs a node | syncs a node | bytes written, of the state | state: bytes a node | peak: bytes a node above 20 MB |\n|---|--:|---|--:|--:|--:|--:|--:|--:|\n",
    );
    let mut exponents = String::from("\n| shape | up | up again | down | size of the state |\n|---|--:|--:|--:|--:|\n");
    for shape in SHAPES.into_iter().filter(|shape| selection.selects(shape.name())) {
        let mut series: [Series; 4] = Default::default();
        for &size in sizes {
            let (kept, before) = deployments(shape, size, Default::default());
            let mut did = before;
            for _ in 1..(TOGETHER / size).clamp(LEAST_ROUNDS, MOST_ROUNDS) {
                let (_, other) = deployments(shape, size, before);
                did = std::array::from_fn(|at| did[at].least(&other[at]));
            }
            // Bytes, as if they were nanoseconds.
            series[3].push(size, Duration::from_nanos(kept));
            for ((at, operation), did) in OPERATIONS.into_iter().enumerate().zip(did) {
                series[at].push(size, did.processor);
                let each = |number: f64| number / f64::from(size);
                let _ = writeln!(
                    table,
                    "| {} | {size} | {operation} | {:.1} | {:.1} | {:.2} | {:.2} | {:.0} | {:.0} |",
                    shape.name(),
                    each(did.processor.as_secs_f64() * 1e6),
                    each(did.elapsed.as_secs_f64() * 1e6),
                    each(did.syncs as f64),
                    did.written as f64 / kept.max(1) as f64,
                    each(kept as f64),
                    each(did.peak.saturating_sub(20 << 20) as f64),
                );
            }
        }
        let fitted: Vec<String> = series.iter().map(|series| format!("{:.2}", series.exponent())).collect();
        let _ = writeln!(exponents, "| {} | {} |", shape.name(), fitted.join(" | "));
    }
    print!("{table}{exponents}");
}

/// How long a bare sync of so few bytes takes there: the least of many.
fn bare_sync() {
    let mut file = tempfile::tempfile().expect("a file");
    let sync = |_| {
        let began = Instant::now();
        std::io::Write::write_all(&mut file, &[1; 300]).expect("it is written");
        file.sync_data().expect("it is synced");
        began.elapsed()
    };
    let mut times: Vec<Duration> = (0..200).map(sync).collect();
    times.sort();
    println!("\na bare sync of 300 bytes: {:?} at least, {:?} the median", times[0], times[100]);
}

/// How long after the wish to stop, and after what runs has ended, a deployment takes to end.
fn stop() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut over: Vec<Duration> = (0..9)
        .map(|round| {
            let interrupt = Interrupt::new();
            let store = FileStore::new(directory.path().join(format!("state-{round}")));
            let nothing = Nothing::lasting(Duration::from_millis(20));
            let ended = nothing.ended.clone();
            let engine = engine(store, nothing).interrupt(interrupt.clone());
            let context = Context::new("development");
            let wished = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(200 + 7 * round));
                interrupt.interrupt();
                Instant::now()
            });
            let stopped = block_on(async {
                let mut session = engine.open(&context.scope(), LockOptions::default()).await.expect("free");
                let goal = Goal::up(workloads(Shape::Chain, 1000));
                let plan = session.plan(&context, goal, PlanOptions::default()).await.expect("a plan");
                let summary = session.apply(plan, RunOptions::default(), &mut |_| {}).await.expect("it is written");
                assert!(summary.cancelled > 0 && summary.failed == 0);
                session.close().await.expect("it is given back");
                Instant::now()
            });
            let wished = wished.join().expect("it wished");
            let ran = ended.lock().ok().and_then(|ended| *ended);
            stopped.saturating_duration_since(ran.map_or(wished, |ran| ran.max(wished)))
        })
        .collect();
    over.sort();
    println!(
        "\na stop takes {:?} beyond what runs ({:?} at most, of {} stops)",
        over[over.len() / 2],
        over[over.len() - 1],
        over.len()
    );
}

/// How much longer than it must a deployment of things that take half a second takes, ten at once.
fn real_time() {
    let lasts = Duration::from_millis(500);
    println!("\n| shape | nodes | seconds | bound | ratio |\n|---|--:|--:|--:|--:|");
    for (shape, size) in [(Shape::Wide, 41), (Shape::Chain, 6), (Shape::Hub, 41)] {
        let directory = tempfile::tempdir().expect("a directory");
        let engine = engine(FileStore::new(directory.path().join("state")), Nothing::lasting(lasts));
        let began = Instant::now();
        deploy(&engine, Goal::up(workloads(shape, size)), 10);
        let (took, half) = (began.elapsed().as_secs_f64(), lasts.as_secs_f64());
        let waves = if shape == Shape::Chain { f64::from(size) } else { 1.0 + f64::from(size - 1) / 10.0 };
        println!("| {} | {size} | {took:.2} | {:.2} | {:.3} |", shape.name(), waves * half, took / (waves * half));
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "--child") {
        return child(&arguments[1..]);
    }
    let selection = Selection::given();
    let sizes: &[u32] = if selection.has("--large") { &[1_000, 10_000, 100_000, 1_000_000] } else { &[1_000, 10_000] };
    if SHAPES.iter().any(|shape| selection.selects(shape.name())) {
        durable(&selection, sizes);
        bare_sync();
    }
    if selection.selects("stop") {
        stop();
    }
    if selection.selects("real time") {
        real_time();
    }
}

/// The size of the one journal in the directory of a store.
fn journal(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).expect("a directory").filter_map(Result::ok);
    let journals: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    let journal = journals.iter().find(|path| path.extension().is_some_and(|extension| extension == "journal"));
    journal.and_then(|path| path.metadata().ok()).map_or(0, |metadata| metadata.len())
}

/// What all threads of this process ran for.
fn processor() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// A number that Linux tells of this process.
fn told(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// How many bytes this process gave to the operating system to write.
fn written() -> u64 {
    told("/proc/self/io", "wchar:")
}

/// How many bytes of memory this process had at most.
fn peak() -> u64 {
    told("/proc/self/status", "VmHWM:") * 1024
}

/// Counts what must reach the disk before anything else happens.
#[derive(Debug)]
struct Counting {
    store: FileStore,
    syncs: Arc<AtomicU64>,
}

impl Store for Counting {
    fn load<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Loaded, StoreError>> {
        self.store.load(scope)
    }
    fn lock<'a>(&'a self, scope: &'a Scope, holder: Holder) -> BoxFuture<'a, Result<(Lease, Loaded), StoreError>> {
        self.store.lock(scope, holder)
    }
    fn append<'a>(
        &'a self,
        lease: &'a Lease,
        expected: u64,
        batch: &'a [Vec<u8>],
    ) -> BoxFuture<'a, Result<Ack, StoreError>> {
        self.syncs.fetch_add(1, Ordering::Relaxed);
        self.store.append(lease, expected, batch)
    }
    fn replace<'a>(
        &'a self,
        lease: &'a Lease,
        expected: u64,
        entries: &'a [Vec<u8>],
    ) -> BoxFuture<'a, Result<Ack, StoreError>> {
        // of the file, and of its name
        self.syncs.fetch_add(2, Ordering::Relaxed);
        self.store.replace(lease, expected, entries)
    }
    fn remove(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>> {
        self.store.remove(lease)
    }
    fn unlock(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>> {
        self.store.unlock(lease)
    }
    fn break_lock<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Option<Holder>, StoreError>> {
        self.store.break_lock(scope)
    }
    fn request_cancel<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<(), StoreError>> {
        self.store.request_cancel(scope)
    }
    fn default_key(&self) -> KeySource {
        self.store.default_key()
    }
}
