//! What is foretold of Kubernetes' components, beside what they did.
//!
//! Two files of cases in `tests/kubernetes/cases`; `PONTOON_CASES=DIR` runs the same tests on
//! other files of that form.

mod emitted;
mod files;
mod hosts;
mod measured;
mod raised;
mod kubeadm_suites;
mod suites;
