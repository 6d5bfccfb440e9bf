//! Workloads, documents and drivers from the outside.

#[cfg(test)]
mod compose;
#[cfg(test)]
mod drivers;
#[cfg(test)]
mod kubernetes;
#[cfg(test)]
mod support;
