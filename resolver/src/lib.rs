//! Which golden path serves each request, why, and what would change.
