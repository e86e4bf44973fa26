//! Several symptoms in one text.

use crate::symptom::explain;

fn whats(text: &str) -> Vec<String> {
    explain(text.as_bytes()).symptoms.into_iter().map(|symptom| symptom.what).collect()
}

#[test]
fn ten_thousand_lines_are_one_thing() {
    let line = "Nov 24 12:30:15 pi2 kubelet[9]: E1124 1 controller.go:145] \"Failed to ensure lease \
                exists, will retry\" err=\"Get \\\"https://10.0.0.1:6443/apis/x\\\": dial tcp \
                10.0.0.1:6443: connect: no route to host\"\n";
    let explanation = explain(line.repeat(10_000).as_bytes());
    assert_eq!(explanation.symptoms.len(), 1);
    assert!(explanation.symptoms[0].times > 4_000);
    assert!(explanation.is_cut, "that is more than is read");
}

#[test]
fn the_join_error_goes_before_what_is_within() {
    let text = "[preflight] Running pre-flight checks\n\
                I1124 12:30 1 token.go:80] dial tcp 172.20.5.1:6443: connect: no route to host\n\
                error: error execution phase preflight: couldn't validate the identity of the API \
                Server: failed to request the cluster-info ConfigMap: Get \
                \"https://172.20.5.1:6443/x\": dial tcp 172.20.5.1:6443: connect: no route to host\n\
                To see the stack trace of this error execute with --v=5 or higher";
    let whats = whats(text);
    assert_eq!(whats.len(), 1, "{whats:?}");
    assert!(
        whats[0].starts_with("kubeadm join requested cluster-info from 172.20.5.1:6443"),
        "{whats:?}"
    );
}

#[test]
fn different_things_are_told_each() {
    let text = "[ERROR Swap]: running with swap on is not supported\n\
                [ERROR Port-10250]: Port 10250 is in use\n\
                [WARNING Hostname]: hostname \"pi1\" could not be reached\n\
                [ERROR FileContent--proc-sys-net-ipv4-ip_forward]: contents are not set to 1";
    let whats = whats(text);
    assert_eq!(whats.len(), 4, "{whats:?}");
    assert!(whats[3].contains("only notes"), "what is harmless comes last: {whats:?}");
}

#[test]
fn the_general_word_says_nothing_beside_the_special_one() {
    let text = ";; communications error to 10.96.0.10#53: timed out\n\
                ;; communications error to 10.96.0.10#53: timed out\n\
                ;; no servers could be reached";
    assert_eq!(whats(text).len(), 1);
    let text = "Warning Failed kubelet Failed to pull image \"x\": failed to do request: Head \
                \"https://registry.k8s.io/v2/x\": dial tcp 203.0.113.80:443: i/o timeout\n\
                Warning Failed kubelet Error: ErrImagePull\n\
                Normal BackOff kubelet Back-off pulling image \"x\"\n\
                Warning Failed kubelet Error: ImagePullBackOff";
    let whats = whats(text);
    assert_eq!(whats.len(), 1, "{whats:?}");
    assert!(whats[0].contains("203.0.113.80:443"), "{whats:?}");
}

#[test]
fn a_text_that_a_terminal_broke_is_read_whole() {
    let text = "error: error execution phase preflight: couldn't validate the identity of the API \
                Server: failed to request the cluster-info ConfigMap: Get \
                \"https://172.20.5.1:6443/api/v1/namespaces/kube-public/configmaps/cluster-info?time\
                out=10s\": dial tcp 172.20.5.1:6443: connect: no route to host";
    let broken: Vec<String> =
        text.as_bytes().chunks(80).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
    for glue in ["\n", "\r\n", "\n   "] {
        let whats = whats(&broken.join(glue));
        assert_eq!(whats.len(), 1, "{whats:?}");
        assert!(
            whats[0].starts_with("kubeadm join requested cluster-info from 172.20.5.1:6443"),
            "{whats:?}"
        );
        assert!(whats[0].contains("was not reached"), "{whats:?}");
    }
}

#[test]
fn the_same_of_two_nodes_is_two_things() {
    let text = "dial tcp 172.20.5.2:10250: connect: no route to host\n\
                dial tcp 172.20.5.3:10250: connect: no route to host";
    assert_eq!(whats(text).len(), 2);
}
