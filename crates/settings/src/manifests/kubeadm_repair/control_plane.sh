cluster="kubectl --kubeconfig $k/admin.conf"
closed() { ! (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }
static_pods="$k/manifests/etcd.yaml $k/manifests/kube-apiserver.yaml $k/manifests/kube-controller-manager.yaml $k/manifests/kube-scheduler.yaml"

# A second run completes a first one that stopped when the control plane had
# moved.
moved=
if ! grep -qF "server: https://$old:" $k/admin.conf; then
  grep -qF "server: https://$new:" $k/admin.conf || stop "$k/admin.conf does not name $old; nothing was changed"
  moved=yes
fi

# The cluster's configuration. 127.0.0.1 answers as long as the API server runs,
# also if the old address is gone; each of its certificates has the name
# kubernetes.
port=$(sed -n 's/^ *- --secure-port=//p' $k/manifests/kube-apiserver.yaml)
$cluster --server "https://127.0.0.1:$port" --tls-server-name kubernetes -n kube-system get configmap kubeadm-config \
  -o 'jsonpath={.data.ClusterConfiguration}' > "$work/cluster.yaml" ||
  stop "The cluster's configuration cannot be read, so nothing was changed. If the old address is gone and no other host has it: ip address add @OLD@ dev lo; systemctl restart kubelet. Then run this script again, and remove the address."
for line in '^kind: ClusterConfiguration$' '^networking:$' "^certificatesDir: $k/pki\$"; do
  grep -q "$line" "$work/cluster.yaml" || stop "The cluster's configuration has no $line; nothing was changed"
done
settings=$work/settings.yaml
cat > "$settings" <<'SETTINGS'
apiVersion: @API@
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: "@NEW@"}
nodeRegistration: {name: "@NODE@", kubeletExtraArgs: @NODE_IP@}
---
SETTINGS
sed -E "s#^(controlPlaneEndpoint: *[\"']?)$pattern((:[0-9]+)?[\"']?)\$#\1$new\2#" "$work/cluster.yaml" >> "$settings"

if [ -z "$moved" ]; then
  # The new certificates, beside the old ones: if kubeadm does not accept the
  # settings, nothing is changed. kubeadm keeps a certificate that is there.
  sed "s#^certificatesDir: .*#certificatesDir: $work/pki#" "$settings" > "$work/staged.yaml"
  cp -a $k/pki "$work/pki"
  (cd "$work/pki" && rm -f apiserver.crt apiserver.key etcd/server.crt etcd/server.key etcd/peer.crt etcd/peer.key)
  for certificate in apiserver etcd-server etcd-peer; do kubeadm init phase certs $certificate --config "$work/staged.yaml"; done
  mkdir "$work/before"
  cp -a $k/. "$work/before/"
  cp -a $flags "$work/flags"

  # From here on a step that fails puts everything back.
  undo() {
    trap '' EXIT HUP INT TERM
    echo "A step failed: the files of before are put back." >&2
    # shellcheck disable=SC2086
    if rm -f $static_pods && cp -a "$work/before/." $k/ && cp -a "$work/flags" $flags; then
      rm -rf "$work"
    else
      echo "That failed, too: they are in $work/before and $work/flags." >&2
    fi
    systemctl restart kubelet || true
    exit 1
  }
  trap undo EXIT

  # The static pods first: kubelet leaves the old ones running beside the new.
  # shellcheck disable=SC2086
  rm -f $static_pods
  for closing in "$port" 2379 10257 10259; do it closed "$closing"; done
  cp -a "$work/pki/." $k/pki/
  lead $k/*.conf
  set_node_ip
  kubeadm init phase etcd local --config "$settings"
  kubeadm init phase control-plane all --config "$settings"
  systemctl restart kubelet
  it $cluster get --raw /readyz
  rm -rf "$k.before-@OLD@"
  mv "$work/before" "$k.before-@OLD@"
fi

# What lies in the cluster: its configuration, cluster-info, kube-proxy.
trap 'rm -rf "$work"; echo "The control plane is at @NEW@, but a step in the cluster failed: run this script again." >&2' EXIT
it kubeadm init phase upload-config kubeadm --config "$settings" --kubeconfig $k/admin.conf
it kubeadm init phase bootstrap-token --config "$settings" --kubeconfig $k/admin.conf --skip-token-print
# Not `init phase addon kube-proxy`, which sets all its other settings back.
proxy() { $cluster -n kube-system get configmap kube-proxy -o yaml | sed "s|https://$pattern:|https://$new:|" | $cluster replace -f -; }
it proxy
it $cluster -n kube-system rollout restart daemonset kube-proxy
trap - EXIT
rm -rf "$work"
