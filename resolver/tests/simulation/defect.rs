//! What is done wrong on purpose, to see that it is noticed.

/// A planted defect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Defect {
    /// Intents are acknowledged and not written.
    IntentNotWritten,
    /// All is acknowledged before it is written.
    DurableTooEarly,
    /// A repeated call gets another key.
    KeyForgotten,
    /// A call is said to have succeeded while it still runs.
    AnsweredTooEarly,
    /// Records forget what they depend on.
    EdgesForgotten,
    /// Only one at a time.
    Idle,
    /// As many as can be.
    LimitIgnored,
    /// Nobody is told of what was skipped.
    SkipForgotten,
    /// A plan for another state is executed.
    StaleTaken,
    /// The last record is lost.
    ResultForgotten,
    /// A plan depends on something else than its inputs.
    PlanDiffers,
    /// What drivers give back is written without marks.
    SecretUnmarked,
    /// After a cancellation nobody listens any more.
    CancelLosesAnswers,
    /// An answer to another question is taken for one.
    GarbageTaken,
    /// Each command is given again and again.
    CommandsRepeated,
}
