use proptest::prelude::*;

use super::*;
use crate::request::IncompleteJoin;

const HASH: &str = "sha256:7173b809ca12ec5dee4506cd86be934c4596dd234ee82c0662eac04a8c2c71dc";

fn told(text: &str) -> JoinFlags {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn the_printed_line_is_read_however_it_was_pasted() {
    let table = [
        format!(
            "kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef \\\n\t--discovery-token-ca-cert-hash {HASH} \n"
        ),
        format!(
            "sudo kubeadm join 10.0.0.1:6443 --token=abcdef.0123456789abcdef --discovery-token-ca-cert-hash={HASH}"
        ),
        format!(
            "root@pi0:~# kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef --discovery-token-ca-cert-hash {HASH}\r\n"
        ),
        format!(
            "$ sudo /usr/bin/kubeadm join \"10.0.0.1:6443\" --token 'abcdef.0123456789abcdef' --discovery-token-ca-cert-hash {HASH} -v=5"
        ),
        format!(
            "kubeadm join 10.0.0.1:6443 \u{2014}token abcdef.0123456789abcdef \u{2014}discovery-token-ca-cert-hash {HASH}"
        ),
        format!(
            "kubeadm join 10.0.0.1:6443 \u{2013}\u{2013}token \u{201c}abcdef.0123456789abcdef\u{201d} --discovery-token-ca-cert-hash {HASH}"
        ),
        // The backslash got lost.
        format!(
            "Then you can join:\n\nkubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef\n    --discovery-token-ca-cert-hash {HASH}\n"
        ),
        format!(
            "kubeadm join 10.0.0.1:6443 --discovery-token abcdef.0123456789abcdef --discovery-token-ca-cert-hash {HASH} --ignore-preflight-errors Swap && echo done"
        ),
        format!(
            "Don't worry: it's fine\nkubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef --discovery-token-ca-cert-hash {HASH}"
        ),
    ];
    for text in table {
        let told = told(&text);
        let endpoint = told.endpoint.unwrap_or_else(|| panic!("{text}"));
        assert_eq!(endpoint.authority(), "10.0.0.1:6443", "{text}");
        assert_eq!(told.token.unwrap().whole().expose(), "abcdef.0123456789abcdef", "{text}");
        assert_eq!(told.pins.iter().map(ToString::to_string).collect::<Vec<_>>(), [HASH], "{text}");
    }
}

#[test]
fn of_the_two_lines_of_init_the_one_for_workers_is_taken() {
    let one = format!(
        "kubeadm join pi0:6443 --token abcdef.0123456789abcdef --discovery-token-ca-cert-hash {HASH}"
    );
    let key = "e6a2eb8581237ab72a4f494f30285ec12a9694d750b9785706a83bfcbbbd2204";
    let both = format!("{one} --control-plane --certificate-key {key}\n\n{one}\n");
    let read = told(&both);
    assert!(!read.is_control_plane && read.notes.len() == 1, "{read:?}");
    let alone = told(&format!("{one} --control-plane --certificate-key {key}"));
    assert!(alone.is_control_plane && alone.certificate_key.is_some());
    let other = one.replace("pi0", "pi9");
    assert_eq!(parse(&format!("{one}\n{other}")), Err(JoinLineError::Several));
    assert!(told(&format!("{one}\n{one}\n")).notes.is_empty());
}

#[test]
fn what_is_cut_off_or_wrong_is_said_and_no_secret_with_it() {
    let secret = "0123456789abcdef";
    let table = [
        ("", "no `kubeadm join`"),
        ("kubeadm init", "no `kubeadm join`"),
        ("curl -sfL https://get.k3s.io | K3S_URL=https://pi0:6443 K3S_TOKEN=x sh -", "K3s's way"),
        ("kubeadm join 10.0.0.1 --token abcdef.0123456789abcdef", "missing port in address"),
        ("kubeadm join 10.0.0.1:99999 --token abcdef.0123456789abcdef", "between 1 and 65535"),
        ("kubeadm join a!b:6443", "valid RFC-1123"),
        ("kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcde", "the token is not six"),
        ("kubeadm join 10.0.0.1:6443 --token Abcdef.0123456789abcdef", "the token is not six"),
        ("kubeadm join 10.0.0.1:6443 --token", "--token has no value"),
        ("kubeadm join 10.0.0.1:6443 --token --discovery-file x", "--token has no value"),
        ("kubeadm join 10.0.0.1:6443 --discovery-token-ca-cert-hash sha256:7173b8", "is no pin"),
        ("kubeadm join 10.0.0.1:6443 --token 'abcdef.0123456789abcdef", "quote is not closed"),
        ("kubeadm join 10.0.0.1:6443 10.0.0.2:6443", "second argument"),
        ("kubeadm join 10.0.0.1:6443 --certificate-key 0123456789abcdef", "64 hexadecimal"),
        ("kubeadm join 10.0.0.1:6443 --tokn abcdef.0123456789abcdef", "no flag `tokn`"),
    ];
    for (text, expected) in table {
        let error = parse(text).expect_err(text).to_string();
        assert!(error.contains(expected), "{text}: {error}");
        assert!(!error.contains(secret), "{text}: {error}");
    }
    let long = "x".repeat(TEXT_BYTES_MAX + 1);
    assert_eq!(parse(&long), Err(JoinLineError::TooLong));
    let long = format!("kubeadm join {}:6443", "x".repeat(255));
    assert_eq!(parse(&long), Err(JoinLineError::LongEndpoint));
}

#[test]
fn a_join_without_pin_or_token_is_none() {
    let complete = |text: &str| told(text).complete(None).map(|_| ());
    let one = "kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef";
    assert_eq!(complete(one), Err(IncompleteJoin::Pin));
    let unpinned = format!("{one} --discovery-token-unsafe-skip-ca-verification");
    assert_eq!(complete(&unpinned), Ok(()));
    assert_eq!(complete(&format!("{unpinned}=false")), Err(IncompleteJoin::Pin));
    assert_eq!(complete("kubeadm join 10.0.0.1:6443"), Err(IncompleteJoin::Token));
    assert_eq!(
        complete("kubeadm join --token abcdef.0123456789abcdef"),
        Err(IncompleteJoin::Endpoint)
    );
}

#[test]
fn a_secret_is_not_shown() {
    let told = told("kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef");
    assert!(!format!("{told:?}").contains("0123456789abcdef"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(kubeadm join |--token |'|\"|\\\\\n|[ -~]|\\PC){0,80}") {
        let _ = parse(&text);
    }
}
