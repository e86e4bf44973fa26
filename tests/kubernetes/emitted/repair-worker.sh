#!/usr/bin/env bash
# Leads the worker pi2 to 10.0.0.1 instead of 172.20.5.1, as root.
# pi1 and pi3 reach 10.0.0.2 on eth0; pi1 and pi3 do not reach 172.20.5.2 on
# wlan0
# First, on pi2, as root:
# - net.ipv4.ip_forward is 0: without it kubeadm refuses, and pods reach nothing
echo 'net.ipv4.ip_forward = 1' > /etc/sysctl.d/90-kubernetes.conf && sysctl -qw net.ipv4.ip_forward=1
set -eu
cp -a /etc/kubernetes/kubelet.conf /etc/kubernetes/kubelet.conf.before
sed -i 's#server: https://172.20.5.1:#server: https://10.0.0.1:#' /etc/kubernetes/kubelet.conf
sed -i -E 's#--node-ip=[^ "]* ?##; s#KUBELET_KUBEADM_ARGS="#&--node-ip=10.0.0.2 #' /var/lib/kubelet/kubeadm-flags.env
systemctl restart kubelet
