#!/usr/bin/env bash
# Moves the control plane on pi1 from 172.20.5.1 to 10.0.0.1, as root. For one
# control plane with its own etcd. The API is away for about half a minute; CA,
# tokens, pods and all objects stay.
# pi2 and pi3 reach 10.0.0.1 on eth0; pi2 and pi3 do not reach 172.20.5.1 on
# wlan0
# First, on pi1, as root:
# - net.ipv4.ip_forward is 0: without it kubeadm refuses, and pods reach nothing
echo 'net.ipv4.ip_forward = 1' > /etc/sysctl.d/90-kubernetes.conf && sysctl -qw net.ipv4.ip_forward=1
set -eu
k=/etc/kubernetes
cluster="kubectl --kubeconfig $k/admin.conf"
# it COMMAND...: until it succeeds, two minutes at most.
it() { for _ in $(seq 240); do "$@" > /dev/null 2>&1 && return; sleep 0.5; done; echo "gave up: $*" >&2; exit 1; }
closed() { ! (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

grep -qF 'https://172.20.5.1:' $k/admin.conf || { echo "$k/admin.conf does not name 172.20.5.1" >&2; exit 1; }
cp -a $k "$k.before-172.20.5.1"
# The cluster's configuration, while the API still answers.
umask 077
settings=$(mktemp)
cat > "$settings" <<'SETTINGS'
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: "10.0.0.1"}
nodeRegistration: {name: "pi1", kubeletExtraArgs: [{name: node-ip, value: "10.0.0.1"}]}
---
SETTINGS
$cluster -n kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}' |
  sed 's#^controlPlaneEndpoint: "\{0,1\}172.20.5.1\(:[0-9]*\)\{0,1\}"\{0,1\}$#controlPlaneEndpoint: "10.0.0.1\1"#' >> "$settings"

# The static pods first: kubelet leaves the old ones running beside the new.
mkdir -p /run/manifests.before
mv $k/manifests/*.yaml /run/manifests.before/
for port in 6443 2379 10257 10259; do it closed $port; done

# kubeadm keeps a certificate that is there.
rm -f $k/pki/apiserver.crt $k/pki/apiserver.key $k/pki/etcd/server.crt $k/pki/etcd/server.key $k/pki/etcd/peer.crt $k/pki/etcd/peer.key
for certificate in apiserver etcd-server etcd-peer; do kubeadm init phase certs $certificate --config "$settings"; done
sed -i 's#server: https://172.20.5.1:#server: https://10.0.0.1:#' $k/*.conf
sed -i -E 's#--node-ip=[^ "]* ?##; s#KUBELET_KUBEADM_ARGS="#&--node-ip=10.0.0.1 #' /var/lib/kubelet/kubeadm-flags.env

kubeadm init phase etcd local --config "$settings"
kubeadm init phase control-plane all --config "$settings"
systemctl restart kubelet
it $cluster get --raw /readyz

# What lies in the cluster: its configuration, cluster-info, kube-proxy.
kubeadm init phase upload-config kubeadm --config "$settings" --kubeconfig $k/admin.conf
kubeadm init phase bootstrap-token --config "$settings" --kubeconfig $k/admin.conf --skip-token-print
rm -f "$settings"
# Not `init phase addon kube-proxy`, which sets all its other settings back.
$cluster -n kube-system get configmap kube-proxy -o yaml | sed 's#https://172.20.5.1:#https://10.0.0.1:#' | $cluster replace -f -
$cluster -n kube-system rollout restart daemonset kube-proxy
# Workers that joined: pontoon kubeadm repair-advice --for WORKER --from
# 172.20.5.1 --to 10.0.0.1. Copies of admin.conf (~/.kube/config) still name the
# old address. flannel: pontoon settings flannel --for pi1.
