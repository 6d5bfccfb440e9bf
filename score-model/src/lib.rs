//! The Score model: what a developer wrote, with positions, validated.
