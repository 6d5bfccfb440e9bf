//! [`Limits`]: how much one render may do.

/// How much one render may do before it fails with [`ErrorKind::Limit`](crate::ErrorKind::Limit).
///
/// The defaults are far above what any sensible template needs and low enough that a hostile one can neither hang nor
/// exhaust the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of output, and of any single text or list that a function makes. Default 16 MiB.
    pub size: usize,
    /// Actions, iterations, calls, and what functions make (64 bytes of text or 4 elements of a list are a step).
    /// Default 10 million, which take seconds and at most a gigabyte.
    pub steps: u64,
    /// How deep `template` calls may nest. Default 100 000, as in Go.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { size: 16 << 20, steps: 10_000_000, depth: 100_000 }
    }
}

impl Limits {
    /// With this many bytes of output.
    #[must_use]
    pub fn with_size(mut self, size: usize) -> Self {
        self.size = size;
        self
    }

    /// With this many steps.
    #[must_use]
    pub fn with_steps(mut self, steps: u64) -> Self {
        self.steps = steps;
        self
    }

    /// With `template` calls nested this deep.
    #[must_use]
    pub fn with_depth(mut self, depth: usize) -> Self {
        self.depth = depth;
        self
    }
}
