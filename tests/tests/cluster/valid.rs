//! What is written for kubeadm, read by the real kubeadm of each version of its configuration.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pontoon_lab_kubernetes::PROGRAMS;
use pontoon_tests::program::{pontoon_in, stdout};

use crate::shapes::{cases, word};

/// The path of the program, and its version.
const KUBEADMS: [(&str, &str); 2] = [("kubeadm", "v1.36.2"), ("kubeadm-v1beta3", "v1.30.14")];

const LINE: &str = "kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef \
                    --discovery-token-ca-cert-hash \
                    sha256:7173b809ca12ec5dde4506cd86be934c4596dd234ee82c0662eac04a8c2c71dc";

#[expect(clippy::disallowed_methods, reason = "the real kubeadm is a program")]
fn validate(program: &str, file: &Path) -> Output {
    let folder = std::env::var_os(PROGRAMS).expect("export what tests/kubernetes/build prints");
    let folder = PathBuf::from(folder);
    let mut command = Command::new(folder.join("bin").join(program));
    command.args(["config", "validate", "--config"]).arg(file);
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

#[test]
#[ignore = "takes the real Kubernetes: ./check --kubernetes"]
fn what_is_written_for_kubeadm_is_valid_for_its_version() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (mut valid, mut refused) = (0, Vec::new());
    for case in cases() {
        let facts = &case["facts"];
        let host = word(facts, "hostname").to_lowercase();
        std::fs::write(folder.path().join("facts"), facts.to_string()).expect("it is written");
        let links = facts["interfaces"].as_array().into_iter().flatten();
        for link in links.map(|link| word(link, "name")).filter(|link| *link != "lo") {
            for (program, version) in KUBEADMS {
                for command in ["init", "join"] {
                    let file = folder.path().join(command);
                    let line = if command == "join" { &["--line", "-"][..] } else { &[] };
                    let told = ["kubeadm", command, "--for", &host, "--facts", "facts"];
                    let told = told.into_iter().chain(["--link", link, "--config"]);
                    let told =
                        told.chain(["--kubeadm-version", version]).chain(line.iter().copied());
                    let told: Vec<&str> = told.collect();
                    let written = pontoon_in(folder.path(), &[], &told, LINE);
                    // A link without an address, for instance: nothing is written.
                    if !written.status.success() {
                        // 2 to 4: refused (docs/exit-codes.md).
                        assert!(matches!(written.status.code(), Some(2..=4)), "{written:?}");
                        assert_eq!(stdout(&written), "", "{told:?}");
                        continue;
                    }
                    std::fs::write(&file, stdout(&written)).expect("it is written");
                    let said = validate(program, &file);
                    valid += 1;
                    if !said.status.success() {
                        let words = String::from_utf8_lossy(&said.stderr).into_owned();
                        refused.push(format!("{} {told:?}: {words}", word(&case, "id")));
                    }
                }
            }
        }
    }
    assert!(refused.is_empty(), "{} of {valid}:\n{}", refused.len(), refused.join("\n"));
    assert!(valid > 400, "only {valid} were written");
    // Check that it reads them at all: it does not know later versions.
    let file = folder.path().join("newer");
    let newer = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n";
    std::fs::write(&file, newer).expect("it is written");
    assert!(!validate("kubeadm-v1beta3", &file).status.success());
    assert!(validate("kubeadm", &file).status.success());
}
