//! Workloads as Compose services and Kubernetes objects, and the assembly of whole documents.
