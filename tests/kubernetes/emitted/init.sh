# kubeadm init on pi1, as root
# First, on pi1, as root:
# - net.ipv4.ip_forward is 0: without it kubeadm refuses, and pods reach nothing
echo 'net.ipv4.ip_forward = 1' > /etc/sysctl.d/90-kubernetes.conf && sysctl -qw net.ipv4.ip_forward=1
# pi2 and pi3 reach 10.0.0.1 on eth0; pi2 and pi3 do not reach 172.20.5.1 on
# wlan0
# Pods: flannel's default; none of the 2 networks seen on the hosts overlaps
# Services: kubeadm's default; none of the 2 networks seen on the hosts overlaps
# kubelet's address; what stood in that file first is kept beside it
d=/etc/default/kubelet
if [ -s $d ] && [ ! -e $d.before ]; then cp $d $d.new && mv $d.new $d.before; fi &&
  echo KUBELET_EXTRA_ARGS=--node-ip=10.0.0.1 > $d.new && mv $d.new $d &&
kubeadm init \
  --apiserver-advertise-address=10.0.0.1 \
  --control-plane-endpoint=10.0.0.1:6443 \
  --apiserver-cert-extra-sans=10.0.0.1,172.20.5.1,pi1,pi1.local \
  --pod-network-cidr=10.244.0.0/16 \
  --service-cidr=10.96.0.0/12 \
  --node-name=pi1 \
  --kubernetes-version=v1.36.2
# Afterwards: pontoon settings flannel --for pi1 says what the network of the
# pods needs, pontoon kubeadm join --for HOST what a worker does.
