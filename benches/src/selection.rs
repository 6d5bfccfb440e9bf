//! What the command line asks of a bench.

/// The arguments of this process: options, and words that select rows.
#[derive(Debug)]
pub struct Selection {
    options: Vec<String>,
    words: Vec<String>,
}

impl Selection {
    /// Those that this process was given.
    #[must_use]
    pub fn given() -> Self {
        let arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
        let (options, words) = arguments.partition(|argument| argument.starts_with("--"));
        Self { options, words }
    }

    /// Whether this option is given.
    #[must_use]
    pub fn has(&self, option: &str) -> bool {
        self.options.iter().any(|given| given == option)
    }

    /// Whether the row of this name is wanted: all words are in it.
    #[must_use]
    pub fn selects(&self, row: &str) -> bool {
        self.words.iter().all(|word| row.contains(word))
    }
}
