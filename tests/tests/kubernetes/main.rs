//! What is foretold of Kubernetes' components beside what they did, and what is read from the error
//! text of broken clusters.
//!
//! Three files of cases in `tests/kubernetes/cases`; `PONTOON_CASES=DIR` runs the same tests on
//! other files of that form.

mod emitted;
mod files;
mod flannel_suite;
mod hosts;
mod measured;
mod raised;
mod kubeadm_suites;
mod suites;
mod symptoms;
