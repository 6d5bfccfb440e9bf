//! Deterministic simulation: from one seed, random resources and drivers that fail, hang, lie, answer garbage, answer twice and half succeed; runs that crash at any step, lose what was not durable, and leave
//! calls behind that nobody waits for and that have their effect later; a second runner that goes on without the right to write. Thirteen [invariants](invariant) hold whatever happens.
//!
//! `PARTITURA_SEEDS=1000000 cargo test -p score-resolver --release --test simulation` runs that many seeds, from `PARTITURA_FIRST_SEED` on; `PARTITURA_SEED=7` runs that one.
#![allow(unreachable_pub, reason = "the world is shared between tests")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]
#![allow(clippy::disallowed_methods, reason = "how many seeds are run is asked of the environment")]

mod checks;
mod defect;
mod deployments;
mod execution;
mod invariant;
#[path = "../random/mod.rs"]
mod random;
#[path = "../world/mod.rs"]
mod world;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use defect::Defect;
use deployments::Simulation;
use invariant::{Broken, Check};

fn simulate(seed: u64, defect: Option<Defect>) -> Check {
    Simulation::new(seed, defect).whole()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn invariants_hold_whatever_happens() {
    if let Some(seed) = number("PARTITURA_SEED") {
        return simulate(seed, None).unwrap();
    }
    let first = number("PARTITURA_FIRST_SEED").unwrap_or(0);
    let seeds = first + number("PARTITURA_SEEDS").unwrap_or(200);
    let next = AtomicU64::new(first);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds {
                return;
            }
            if let Err(broken) = simulate(seed, None) {
                panic!("PARTITURA_SEED={seed}: {broken:?}");
            }
        }
    };
    let workers = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    thread::scope(|scope| (0..workers).for_each(|_| _ = scope.spawn(work)));
}

#[track_caller]
fn check_noticed(defect: Defect, invariant: u8) {
    let mut others = BTreeSet::new();
    for seed in 0..2000 {
        match simulate(seed, Some(defect)) {
            Err(Broken(number, _)) if number == invariant => return,
            Err(Broken(number, _)) => _ = others.insert(number),
            Ok(()) => {}
        }
    }
    panic!("{defect:?} should break {invariant}, broke {others:?}");
}

#[test]
fn each_invariant_notices_a_planted_defect() {
    check_noticed(Defect::IntentNotWritten, 1);
    check_noticed(Defect::DurableTooEarly, 1);
    check_noticed(Defect::KeyForgotten, 2);
    check_noticed(Defect::AnsweredTooEarly, 3);
    check_noticed(Defect::EdgesForgotten, 3);
    check_noticed(Defect::Idle, 4);
    check_noticed(Defect::LimitIgnored, 5);
    check_noticed(Defect::SkipForgotten, 6);
    check_noticed(Defect::StaleTaken, 7);
    check_noticed(Defect::ResultForgotten, 8);
    check_noticed(Defect::PlanDiffers, 9);
    check_noticed(Defect::SecretUnmarked, 10);
    check_noticed(Defect::CancelLosesAnswers, 11);
    check_noticed(Defect::GarbageTaken, 12);
    check_noticed(Defect::CommandsRepeated, 13);
}
