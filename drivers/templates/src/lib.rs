//! Go templates with sprig, behind a facade.
