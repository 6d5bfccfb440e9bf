//! How much memory is in use at most.

use peak_alloc::PeakAlloc;

#[global_allocator]
static COUNTING: PeakAlloc = PeakAlloc;

/// How much more memory than before `work` was in use while it ran.
pub(crate) fn peak_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = COUNTING.current_usage();
    COUNTING.reset_peak_usage();
    let result = work();
    (result, COUNTING.peak_usage().saturating_sub(before))
}
