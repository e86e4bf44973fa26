# Takes pi1 out of its cluster, as root. Certificates, etcd and pods are lost.
kubeadm reset --force && {
# kubeadm leaves the CNI's configuration: pods of a new cluster would use it
rm -f /etc/cni/net.d/*
# and the rules of kube-proxy, in either mode
nft delete table ip kube-proxy 2> /dev/null
nft delete table ip6 kube-proxy 2> /dev/null
rules=$(iptables-save) && printf '%s\n' "$rules" | grep -v -e KUBE- -e FLANNEL- | iptables-restore
}
# copies of the old admin.conf would lead nowhere: ~/.kube/config
