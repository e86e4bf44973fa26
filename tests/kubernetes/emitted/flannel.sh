# flannel: after kubectl apply -f kube-flannel.yml, on any host with kubectl
# Left alone, flannel takes the link of the default route on each node; what was
# seen: pi2 and pi3 reach 10.0.0.1 on eth0; pi2 and pi3 do not reach 172.20.5.1
# on wlan0. The link must be called eth0 on all nodes.
kubectl -n kube-flannel patch daemonset kube-flannel-ds --type=json -p '[
  {"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--iface=eth0"}]'
# The network must be kubeadm's podSubnet
kubectl -n kube-flannel patch configmap kube-flannel-cfg --type=merge -p '
  {"data": {"net-conf.json": "{\"Network\": \"10.244.0.0/16\", \"Backend\": {\"Type\": \"vxlan\"}}"}}'
kubectl -n kube-flannel rollout restart daemonset kube-flannel-ds
# Pods get an MTU of 1450: 1500 of eth0 less 50 for VXLAN. An existing flannel.1
# keeps its own: ip link delete flannel.1 on each node, then restart.
