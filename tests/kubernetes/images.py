#!/usr/bin/env python3
"""Container images from the built programs, under the names that kubeadm asks for.

    images.py FOLDER VERSION     reads FOLDER/bin, writes FOLDER/images/NAME.tar

Nothing is pulled in the lab, so an image need only hold its program and what that loads. An image
is a docker-archive with one layer. What is there already is kept.
"""

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile

FOLDER, VERSION = sys.argv[1:]
ENVIRONMENT = ["PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]

# The conntrack limits belong to the machine, not to a network namespace, so kube-proxy may not set
# them, whatever it is told. This takes them out of the mounted configuration: the lab needs that,
# and so the lab does it, not the configuration that kubeadm is given.
PROXY = """#!/bin/sh
sed -e 's/maxPerCore: .*/maxPerCore: 0/' -e 's/ min: .*/ min: 0/' \\
  /var/lib/kube-proxy/config.conf >/tmp/config.conf
exec /usr/local/bin/kube-proxy-program --config=/tmp/config.conf "--hostname-override=$NODE_NAME"
"""


def binary(name, inside=None):
    return "file", f"{FOLDER}/bin/{name}", inside or f"/usr/local/bin/{name}"


def link(inside, to):
    return "link", to, inside


def text(inside, content):
    return "text", content, inside


def directory(inside):
    return "directory", None, inside


def machine(path):
    """A file or folder of this machine, at the same place."""
    return "file", os.path.realpath(path), path


def libraries(program):
    """The shared libraries that a program of this machine loads; none if it is static."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    return [machine(path) for path in re.findall(r"(/\S+)", listed.stdout)]


def loaded(program):
    return [machine(program), *libraries(program)]


def add(tar, kind, what, inside):
    name = inside.lstrip("/")
    if kind == "file":
        tar.add(what, arcname=name)
        return
    info = tarfile.TarInfo(name)
    data = b""
    if kind == "link":
        info.type, info.linkname = tarfile.SYMTYPE, what
    elif kind == "directory":
        info.type, info.mode = tarfile.DIRTYPE, 0o1777
    else:
        data = what.encode()
        info.size, info.mode = len(data), 0o755
    tar.addfile(info, io.BytesIO(data))


def image(file, tag, parts, entrypoint=None):
    out = f"{FOLDER}/images/{file}.tar"
    if os.path.exists(out):
        return
    print(f"  image {tag}", file=sys.stderr)
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        for part in dict.fromkeys(parts):
            add(tar, *part)
    layer = layer.getvalue()
    digest = hashlib.sha256(layer).hexdigest()
    config = {"Env": ENVIRONMENT}
    if entrypoint:
        # containerd refuses a sandbox image that has none.
        config["Entrypoint"] = [entrypoint]
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
    description = json.dumps(
        {
            "architecture": architecture,
            "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest]},
        }
    ).encode()
    name = hashlib.sha256(description).hexdigest() + ".json"
    manifest = [{"Config": name, "RepoTags": [tag], "Layers": [digest + ".tar"]}]
    parts = [(name, description), (digest + ".tar", layer), ("manifest.json", json.dumps(manifest).encode())]
    with tarfile.open(out + ".part", "w") as tar:
        for path, data in parts:
            info = tarfile.TarInfo(path)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    os.rename(out + ".part", out)


def busybox():
    """A shell and small tools, for wrappers and for whoever looks around in a pod."""
    program = os.path.realpath(shutil.which("busybox"))
    names = ("sh", "sed", "cat", "ls", "sleep", "wget", "nslookup", "ip", "ping", "nc")
    return [
        ("file", program, "/bin/busybox"),
        *libraries(program),
        *(link(f"/bin/{name}", "busybox") for name in names),
    ]


def packet_filters():
    """nft and iptables on nf_tables, with what they load as they run: kube-proxy calls either."""
    extensions = os.path.dirname(
        subprocess.run(
            ["find", "/usr/lib", "-name", "libxt_statistic.so"], capture_output=True, text=True, check=True
        ).stdout.splitlines()[0]
    )
    multi = "/usr/sbin/xtables-nft-multi"
    names = [f"{family}tables{what}" for family in ("ip", "ip6") for what in ("", "-save", "-restore")]
    return [
        *loaded("/usr/sbin/nft"),
        *loaded(multi),
        ("file", extensions, extensions),
        # An extension of its own needs the mathematics library.
        *libraries(f"{extensions}/libxt_statistic.so"),
        *(link(f"/usr/sbin/{name}", "xtables-nft-multi") for name in names),
    ]


os.makedirs(f"{FOLDER}/images", exist_ok=True)
for program in ("kube-apiserver", "kube-controller-manager", "kube-scheduler"):
    image(program, f"registry.k8s.io/{program}:{VERSION}", [binary(program)])
image(
    "kube-proxy",
    f"registry.k8s.io/kube-proxy:{VERSION}",
    [
        text("/usr/local/bin/kube-proxy", PROXY),
        binary("kube-proxy", "/usr/local/bin/kube-proxy-program"),
        directory("/tmp"),
        directory("/run"),
        *busybox(),
        *packet_filters(),
    ],
)
image("etcd", "registry.k8s.io/etcd:3.6.8-0", [binary("etcd"), binary("etcdctl")])
image("coredns", "registry.k8s.io/coredns/coredns:v1.14.2", [binary("coredns", "/coredns")], "/coredns")
image("pause", "registry.k8s.io/pause:3.10.2", [binary("pause", "/pause")], "/pause")
image("web", "lab/web:1", [binary("web", "/web"), directory("/tmp"), *busybox()], "/web")
