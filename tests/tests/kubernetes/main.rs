//! The predictions for Kubernetes' components compared with their results, and the causes derived
//! from the error text of broken clusters.
//!
//! Three files of cases in `tests/kubernetes/cases`; `PONTOON_CASES=DIR` runs the same tests on
//! other files of the same format.

mod emitted;
mod files;
mod flannel_suite;
mod hosts;
mod measured;
mod raised;
mod repaired;
mod kubeadm_suites;
mod suites;
mod symptoms;
