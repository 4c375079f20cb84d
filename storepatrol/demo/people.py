"""The demo company's tree and people."""

import uuid
from typing import Literal

import msgspec

from checklists import library as standards
from checklists.service import install_built_in
from core.caller import Role, system
from core.ids import new_id
from core.organisation.founding import found_company
from core.organisation.nodes import NewNode, add_node
from core.organisation.people import NewPerson, RoleAt, add_person
from core.parts import Parts
from core.text import Text


class Login(msgspec.Struct, frozen=True):
    """One line of the greeting."""

    login: str
    role: Text


class Nodes(msgspec.Struct, frozen=True):
    """The built tree: ids by code, the stores in order, and the people by login."""

    company_id: uuid.UUID
    nodes: dict[str, uuid.UUID]
    stores: tuple[str, ...]
    people: dict[str, uuid.UUID]


NAME = Text("鲜达超市", "Fresh Arrow Markets")
TREE: tuple[tuple[str, str, Literal["region", "store"], Text], ...] = (
    # code, below, kind, name
    ("EAST", "HQ", "region", Text("华东大区", "East")),
    ("SH", "EAST", "region", Text("上海", "Shanghai")),
    ("HZ", "EAST", "region", Text("杭州", "Hangzhou")),
    ("SOUTH", "HQ", "region", Text("华南大区", "South")),
    ("GZ", "SOUTH", "region", Text("广州", "Guangzhou")),
    ("SZ", "SOUTH", "region", Text("深圳", "Shenzhen")),
    ("NORTH", "HQ", "region", Text("华北大区", "North")),
    ("BJ", "NORTH", "region", Text("北京", "Beijing")),
    ("SH01", "SH", "store", Text("上海人民广场店", "Shanghai People's Square")),
    ("SH02", "SH", "store", Text("上海徐家汇店", "Shanghai Xujiahui")),
    ("SH03", "SH", "store", Text("上海五角场店", "Shanghai Wujiaochang")),
    ("HZ01", "HZ", "store", Text("杭州西湖店", "Hangzhou West Lake")),
    ("HZ02", "HZ", "store", Text("杭州滨江店", "Hangzhou Binjiang")),
    ("GZ01", "GZ", "store", Text("广州天河店", "Guangzhou Tianhe")),
    ("GZ02", "GZ", "store", Text("广州越秀店", "Guangzhou Yuexiu")),
    ("SZ01", "SZ", "store", Text("深圳南山店", "Shenzhen Nanshan")),
    ("SZ02", "SZ", "store", Text("深圳福田店", "Shenzhen Futian")),
    ("BJ01", "BJ", "store", Text("北京朝阳店", "Beijing Chaoyang")),
    ("BJ02", "BJ", "store", Text("北京海淀店", "Beijing Haidian")),
)
PEOPLE = (
    # login, name, role, where
    ("supervisor", "林晓 Lin Xiao", Role.SUPERVISOR, "EAST"),
    ("store", "王芳 Wang Fang", Role.STORE_MANAGER, "SH01"),
    ("region", "陈立 Chen Li", Role.REGIONAL_MANAGER, "EAST"),
    ("hq", "赵敏 Zhao Min", Role.HQ, "HQ"),
    ("admin", "系统管理员 Admin", Role.ADMIN, "HQ"),
    ("supervisor.south", "何静 He Jing", Role.SUPERVISOR, "SOUTH"),
    ("supervisor.north", "孙磊 Sun Lei", Role.SUPERVISOR, "NORTH"),
    ("region.south", "黄伟 Huang Wei", Role.REGIONAL_MANAGER, "SOUTH"),
    ("region.north", "刘洋 Liu Yang", Role.REGIONAL_MANAGER, "NORTH"),
    ("store.sh02", "周涛 Zhou Tao", Role.STORE_MANAGER, "SH02"),
    ("store.hz01", "吴敏 Wu Min", Role.STORE_MANAGER, "HZ01"),
    ("store.gz01", "郑强 Zheng Qiang", Role.STORE_MANAGER, "GZ01"),
    ("store.bj01", "冯雪 Feng Xue", Role.STORE_MANAGER, "BJ01"),
)
DOMAIN = "@demo"
LOGINS = (
    Login(f"supervisor{DOMAIN}", Text("督导: 在门店巡查", "field supervisor: walks the shops")),
    Login(f"store{DOMAIN}", Text("店长: 整改并拍照", "store manager: fixes and takes the after photo")),
    Login(f"region{DOMAIN}", Text("区域经理: 任务与复核", "regional manager: tasks and reviews")),
    Login(f"hq{DOMAIN}", Text("总部: 热力图", "headquarters: heatmap")),
    Login(f"admin{DOMAIN}", Text("管理员: 作业与组织", "administrator: jobs and organisation")),
)


def found(parts: Parts, password: str) -> Nodes:
    """Make the company, its tree, its people and the built-in checklists."""
    now = parts.clock.now()
    root = found_company(parts.database, now, NAME, time_zone="Asia/Shanghai", code="HQ")
    nodes, people = {"HQ": root.id}, {}
    with parts.database.transaction(system(root.company_id)) as session:
        for code, below, kind, name in TREE:
            nodes[code] = new_id()
            add_node(session, now, NewNode(nodes[code], nodes[below], kind, code, name))
            session.flush()
        for login, person, role, where in PEOPLE:
            people[login] = new_id()
            roles = (RoleAt(role, nodes[where]),)
            add_person(session, now, NewPerson(people[login], login + DOMAIN, person, password, roles))
        install_built_in(session, now, standards.load())
    stores = tuple(code for code, _, kind, _ in TREE if kind == "store")
    return Nodes(root.company_id, nodes, stores, people)
