from __future__ import annotations

from ops.adapters import haproxy

STAT = """# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight
kubernetes_api,cp1,0,0,9,17,,223,0,0,,0,,0,0,0,0,UP,1
gateway,cp1,0,0,3,4,,10,0,0,,0,,0,0,0,0,UP,1
gateway,gpu1,0,0,0,4,,10,0,0,,0,,0,0,0,0,DRAIN,1

"""


def test_servers_are_read_from_haproxys_table() -> None:
    assert haproxy.read(STAT) == (haproxy.Server("cp1", "UP", 3), haproxy.Server("gpu1", "DRAIN", 0))
