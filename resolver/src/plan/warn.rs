//! What those who made a plan's inputs warned of.

use score_model::Diagnostics;

use super::Plan;

impl Plan {
    /// Adds what people should know as well before they say yes: what was found while resolving, say.
    pub fn warn(&mut self, further: Diagnostics) {
        self.warnings.append(further);
        self.warnings.sort();
    }
}
