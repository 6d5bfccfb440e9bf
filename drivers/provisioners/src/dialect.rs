//! The two Score tools.

/// In which of the two Score tools' dialects a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// That of `score-compose`.
    Compose,
    /// That of `score-k8s`.
    Kubernetes,
}

impl Dialect {
    /// The name of the tool.
    pub fn tool(self) -> &'static str {
        match self {
            Self::Compose => "score-compose",
            Self::Kubernetes => "score-k8s",
        }
    }

    /// The directory, in that of a project, in which the tool keeps what it needs.
    pub fn directory(self) -> &'static str {
        match self {
            Self::Compose => ".score-compose",
            Self::Kubernetes => ".score-k8s",
        }
    }
}
