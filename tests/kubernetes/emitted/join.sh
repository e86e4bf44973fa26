# Before kubeadm join on pi2, as root
# First, on pi2, as root:
# - net.ipv4.ip_forward is 0: without it kubeadm refuses, and pods reach nothing
echo 'net.ipv4.ip_forward = 1' > /etc/sysctl.d/90-kubernetes.conf && sysctl -qw net.ipv4.ip_forward=1
# pi1 and pi3 reach 10.0.0.2 on eth0; pi1 and pi3 do not reach 172.20.5.2 on
# wlan0
# kubelet's address; what stood in that file first is kept beside it
d=/etc/default/kubelet
if [ -s $d ] && [ ! -e $d.before ]; then cp $d $d.new && mv $d.new $d.before; fi &&
  echo KUBELET_EXTRA_ARGS=--node-ip=10.0.0.2 > $d.new && mv $d.new $d
# Then the line that kubeadm init printed, unchanged. pontoon join-check -
# rehearses it.
