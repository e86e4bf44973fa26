//! Any text as a captured host: every component has a prediction.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pontoon_predict::Component;
use pontoon_predict::captured::CapturedHost;

fuzz_target!(|text: &str| {
    // The first part is routes, addresses and names, the second the files of /proc/net.
    let (words, files) = text.split_once("\n--\n").unwrap_or((text, text));
    let facts = serde_json::json!({
        "hostname": "pi1",
        "hosts": words,
        "nsswitch": words,
        "resolv_conf": words,
        "flags": format!("KUBELET_KUBEADM_ARGS=\"{words}\""),
        "ip_addr": words,
        "ip_route_all": words,
        "proc_net_route": files,
        "proc_net_ipv6_route": files,
        "interfaces": [
            { "name": "lo", "flags": ["up", "loopback"], "addrs": ["127.0.0.1/8"] },
            { "name": "eth0", "flags": ["up"], "addrs": ["10.0.0.11/24", "2001:db8::11/64"] },
        ],
    });
    let captured: CapturedHost = serde_json::from_value(facts).expect("it has the form");
    let Ok(node) = captured.snapshot() else { return };
    for component in Component::ALL {
        let _ = component.choose(&node);
    }
});
