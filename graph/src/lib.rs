//! Dependency graphs: builder, graph, proven DAG, and the walk.
