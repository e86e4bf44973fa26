//! An API server of our own, on loopback: as much of one as a join needs.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use data_encoding::BASE64;
use pontoon_join::certificate::public_key_info;
use pontoon_join::cluster_info::sign;
use pontoon_join::public_key_pin::PublicKeyPin;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType, date_time_ymd,
};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};

pub(crate) const TOKEN: &str = "abcdef.0123456789abcdef";

/// Its behaviour; the default has no fault.
#[derive(Clone)]
pub(crate) struct Behaviour {
    /// The addresses in its certificate.
    pub(crate) addresses: Vec<Ipv4Addr>,
    /// First and last year of its certificate.
    pub(crate) years: (i32, i32),
    /// It is issued by another CA than the one in cluster-info.
    pub(crate) has_other_ca: bool,
    /// The server in cluster-info; none: its own address.
    pub(crate) inside: Option<String>,
    /// Tokens for which cluster-info is signed.
    pub(crate) signed_for: Vec<String>,
    /// This many responses come without signatures first.
    pub(crate) unsigned_answers: usize,
    /// After this many connections it closes every new one at once.
    pub(crate) conversations: usize,
    /// The HTTP status of each response, by the end of its path.
    pub(crate) statuses: Vec<(&'static str, u16)>,
    /// Bodies that replace the correct ones.
    pub(crate) bodies: Vec<(&'static str, Vec<u8>)>,
    /// Its behaviour in place of TLS.
    pub(crate) manner: Manner,
    /// The value of `controlPlaneEndpoint` in its settings.
    pub(crate) endpoint: &'static str,
    /// The year of its clock, as in its responses.
    pub(crate) date: &'static str,
}

#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Manner {
    Tls,
    Http,
    Ssh,
    Silent,
    Closing,
    /// TLS, and then no response.
    Dumb,
    /// TLS, and a response that does not end.
    Endless,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            addresses: vec![Ipv4Addr::new(10, 96, 0, 1), Ipv4Addr::LOCALHOST],
            years: (2025, 2035),
            has_other_ca: false,
            inside: None,
            signed_for: vec![TOKEN.to_owned()],
            unsigned_answers: 0,
            conversations: usize::MAX,
            statuses: Vec::new(),
            bodies: Vec::new(),
            manner: Manner::Tls,
            endpoint: "10.0.0.1:6443",
            date: "Wed, 25 Nov 2026 10:00:00 GMT",
        }
    }
}

/// A server that runs until it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// The pin of the CA in cluster-info.
    pub(crate) pin: String,
    /// The path of every request with an `Authorization` header.
    pub(crate) bearers: Arc<Mutex<Vec<String>>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

struct Authority {
    der: CertificateDer<'static>,
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "kubernetes");
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2040, 1, 1);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a CA");
    Authority {
        der: certificate.der().clone(),
        pem: certificate.pem(),
        issuer: Issuer::new(params, key),
    }
}

fn tls(behaviour: &Behaviour, issuer: &Authority) -> Arc<ServerConfig> {
    let mut params = CertificateParams::new(vec!["kubernetes".to_owned()]).expect("a name");
    params
        .subject_alt_names
        .extend(behaviour.addresses.iter().map(|address| SanType::IpAddress((*address).into())));
    params.not_before = date_time_ymd(behaviour.years.0, 1, 1);
    params.not_after = date_time_ymd(behaviour.years.1, 1, 1);
    let key = KeyPair::generate().expect("a key");
    let leaf = params.signed_by(&key, &issuer.issuer).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .expect("a server");
    Arc::new(config)
}

impl Server {
    pub(crate) fn start(behaviour: Behaviour) -> Self {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into(), behaviour)
    }

    pub(crate) fn start_at(address: SocketAddr, behaviour: Behaviour) -> Self {
        let own = authority();
        let other = authority();
        let config = tls(&behaviour, if behaviour.has_other_ca { &other } else { &own });
        let listener = TcpListener::bind(address).expect("a port");
        let address = listener.local_addr().expect("its address");
        let pages = pages(&behaviour, &own, address);
        let nobody = Behaviour { signed_for: Vec::new(), ..behaviour.clone() };
        let without_signatures = self::pages(&nobody, &own, address);
        let pin = PublicKeyPin::of(public_key_info(&own.der).expect("a key")).to_string();
        let (is_over, bearers) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let thread = {
            let (is_over, bearers) = (Arc::clone(&is_over), Arc::clone(&bearers));
            thread::spawn(move || {
                let mut unsigned = behaviour.unsigned_answers;
                let mut left = behaviour.conversations;
                for stream in listener.incoming() {
                    if is_over.load(Ordering::SeqCst) {
                        return;
                    }
                    let Ok(stream) = stream else { continue };
                    let Some(fewer) = left.checked_sub(1) else { continue };
                    left = fewer;
                    // One after another: a join sends one request at a time.
                    let pages = if unsigned > 0 { &without_signatures } else { &pages };
                    unsigned = unsigned.saturating_sub(1);
                    serve(stream, &config, &behaviour, pages, &bearers);
                }
            })
        };
        Self { address, pin, bearers, is_over, thread: Some(thread) }
    }

    /// The line that init would have printed.
    pub(crate) fn line(&self) -> String {
        format!(
            "kubeadm join {} --token {TOKEN} --discovery-token-ca-cert-hash {}",
            self.address, self.pin
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes the listener.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

type Pages = Vec<(&'static str, Value)>;

fn pages(behaviour: &Behaviour, own: &Authority, address: SocketAddr) -> Pages {
    let server = behaviour.inside.clone().unwrap_or_else(|| format!("https://{address}"));
    let kubeconfig = format!(
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: {}\n    server: \
         {server}\n  name: \"\"\ncontexts: null\ncurrent-context: \"\"\nkind: Config\n\
         preferences: {{}}\nusers: null\n",
        BASE64.encode(own.pem.as_bytes())
    );
    let mut info = json!({ "kubeconfig": kubeconfig });
    for token in &behaviour.signed_for {
        let (id, secret) = token.split_once('.').expect("a token");
        info[format!("jws-kubeconfig-{id}")] = json!(sign(&kubeconfig, id, secret.as_bytes()));
    }
    let cluster = format!(
        "apiVersion: kubeadm.k8s.io/v1beta4\ncontrolPlaneEndpoint: \"{}\"\nkind: \
         ClusterConfiguration\nnetworking:\n  podSubnet: 10.244.0.0/16\n  serviceSubnet: \
         10.96.0.0/12\n",
        behaviour.endpoint
    );
    let map = |data: Value| json!({ "kind": "ConfigMap", "apiVersion": "v1", "data": data });
    vec![
        ("cluster-info", map(info)),
        ("kubeadm-config", map(json!({ "ClusterConfiguration": cluster }))),
        ("kube-proxy", map(json!({}))),
        ("kubelet-config", map(json!({}))),
    ]
}

/// Longer than any timeout of the tests, so that the server does not close the connection first.
const PATIENCE: Duration = Duration::from_secs(60);

fn serve(
    mut stream: TcpStream,
    config: &Arc<ServerConfig>,
    behaviour: &Behaviour,
    pages: &Pages,
    bearers: &Mutex<Vec<String>>,
) {
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let _ = stream.set_write_timeout(Some(PATIENCE));
    let mut some = [0; 4096];
    match behaviour.manner {
        Manner::Closing => return,
        Manner::Silent => {
            while stream.read(&mut some).is_ok_and(|count| count > 0) {}
            return;
        }
        Manner::Http => {
            let _ = stream.read(&mut some);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\nno TLS here");
            return;
        }
        Manner::Ssh => {
            let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2p1\r\n");
            let _ = stream.read(&mut some);
            return;
        }
        Manner::Tls | Manner::Dumb | Manner::Endless => {}
    }
    let Ok(tls) = ServerConnection::new(Arc::clone(config)) else { return };
    let mut stream = StreamOwned::new(tls, stream);
    let mut question = Vec::new();
    while !question.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut some) {
            Ok(count) if count > 0 => question.extend_from_slice(&some[..count]),
            _ => return,
        }
    }
    let question = String::from_utf8_lossy(&question).into_owned();
    let path = question.split(' ').nth(1).unwrap_or_default().to_owned();
    let page = path.split('?').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    if question.contains("\r\nAuthorization:") {
        bearers.lock().expect("no thread panicked").push(path.clone());
    }
    match behaviour.manner {
        Manner::Dumb => {
            while stream.read(&mut some).is_ok_and(|count| count > 0) {}
            return;
        }
        Manner::Endless => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            while stream.write_all(&some).is_ok() {}
            return;
        }
        _ => {}
    }
    let told = behaviour.statuses.iter().find(|(name, _)| *name == page);
    let known = pages.iter().find(|(name, _)| *name == page);
    let status = told.map_or(if known.is_some() { 200 } else { 404 }, |(_, status)| *status);
    let own = known.filter(|_| status == 200).map(|(_, body)| body.clone());
    let own = own.unwrap_or_else(|| refusal(page, status)).to_string().into_bytes();
    let body = behaviour.bodies.iter().find(|(name, _)| *name == page);
    let body = body.map_or(own, |(_, body)| body.clone());
    let head = format!(
        "HTTP/1.1 {status} X\r\nDate: {}\r\nContent-Length: {}\r\n\r\n",
        behaviour.date,
        body.len()
    );
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&body);
    let _ = stream.flush();
    stream.conn.send_close_notify();
    let _ = stream.flush();
}

/// The error object of an API server.
fn refusal(name: &str, status: u16) -> Value {
    let message = match status {
        401 => "Unauthorized".to_owned(),
        403 => format!("{name} is forbidden: User cannot get it"),
        404 => format!("{name} not found"),
        _ => "it cannot be had now".to_owned(),
    };
    json!({ "kind": "Status", "message": message, "code": status })
}
