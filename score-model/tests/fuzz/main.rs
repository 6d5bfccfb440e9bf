//! Texts that nobody should write: none makes the crate panic, hang or grow far past its bytes, and what is understood survives being written and read again.
//!
//! `cargo test -p score-model --test fuzz` checks the texts that are kept in `corpus.jsonl`, a JSON string a line. With `SCORE_FUZZ_SECONDS` set it goes on for so long with texts made of these, at random
//! from `SCORE_FUZZ_SEED` on, and prints the first that fails; `--release` checks some ten times as many. With `SCORE_FUZZ_CORPUS` set to a directory its files are taken in addition, and the first texts of their sort are put there.

#![expect(clippy::disallowed_methods, reason = "the texts are in files")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

mod check;
mod memory;
mod mutate;

use mutate::Mutator;

/// What one text may take before it counts as one that hangs.
const LIMIT: Duration = Duration::from_secs(300);

/// The text that is being checked, and since when.
static CURRENT: Mutex<Option<(Instant, String)>> = Mutex::new(None);

fn main() -> ExitCode {
    let mut out = std::io::stdout().lock();
    let seconds: Option<u64> = number("SCORE_FUZZ_SECONDS");
    let mut corpus: Vec<String> =
        include_str!("corpus.jsonl").lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let directory = std::env::var_os("SCORE_FUZZ_CORPUS").map(PathBuf::from);
    if let Some(directory) = &directory {
        corpus.extend(files(directory));
    }
    std::thread::spawn(watch);
    for text in &corpus {
        if let Err(failure) = attempt(text) {
            let _ = writeln!(out, "{}: {failure}", serde_json::Value::from(&**text));
            return ExitCode::FAILURE;
        }
    }
    let _ = writeln!(out, "{} texts of the corpus checked", corpus.len());
    let Some(seconds) = seconds else { return ExitCode::SUCCESS };
    let mut mutator = Mutator::new(number("SCORE_FUZZ_SEED").unwrap_or(1), corpus);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut checked = 0_u64;
    while Instant::now() < end {
        let text = mutator.text();
        match attempt(&text) {
            Ok(sort) => {
                let name = format!(
                    "{:08x}",
                    text.bytes().fold(5381_u32, |hash, byte| hash.wrapping_mul(33) ^ u32::from(byte))
                );
                if mutator.keep(&text, sort)
                    && let Some(directory) = &directory
                {
                    let _ = std::fs::write(directory.join(name), text);
                }
            }
            Err(failure) => {
                let _ = writeln!(out, "after {checked} texts: {}: {failure}", serde_json::Value::from(text));
                return ExitCode::FAILURE;
            }
        }
        checked += 1;
    }
    let _ = writeln!(out, "{checked} further texts checked, of {} sorts", mutator.sorts());
    ExitCode::SUCCESS
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn files(directory: &Path) -> Vec<String> {
    let mut paths: Vec<_> = std::fs::read_dir(directory).into_iter().flatten().flatten().map(|f| f.path()).collect();
    paths.sort();
    paths.into_iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

/// Checks a text; what it is like, or what is wrong.
fn attempt(text: &str) -> Result<String, String> {
    set_current(Some((Instant::now(), text.to_owned())));
    let result = std::panic::catch_unwind(|| check::check(text)).unwrap_or_else(|_| Err("panicked".to_owned()));
    set_current(None);
    result
}

fn set_current(current: Option<(Instant, String)>) {
    if let Ok(mut slot) = CURRENT.lock() {
        *slot = current;
    }
}

/// Ends the program when a text takes too long.
fn watch() {
    loop {
        std::thread::sleep(Duration::from_secs(1));
        let Ok(current) = CURRENT.lock() else { return };
        if let Some((since, text)) = &*current
            && since.elapsed() > LIMIT
        {
            let _ = writeln!(std::io::stderr(), "{}: takes too long", serde_json::Value::from(&**text));
            std::process::abort();
        }
    }
}
