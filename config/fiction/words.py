"""Words that invented firms are named and described with; no list of real names (虚构用词)."""

from __future__ import annotations

from typing import NamedTuple

MARK = "（虚构）"
SYLLABLES = (
    "澜岚岑岫岱峤嵘川汐沅沐沛泠泽洛浔浣涧淙淼渊渚湉湛溪溯漪潇澄瀚炘烁"
    "焓煜熙燊玑玖玥珂珞珩琅琛琨琮瑄瑾璞璟苒茗荻莞菁葳蒹蓁蕴薇昀昱晔晗"
    "晞晟晨曜朔朗枫柚栩桁桐梓棠椿楠榆槿檀鸢鸿鹄鹭鹿麟骁骐帆帷庭弦弈彦"
    "徵忻怀恒悠拓捷攸敏斐旭昕谧谨豫轩轲轶逸遥邈钧铄锐"
)
BRANDS = len(SYLLABLES) ** 3
PARKS = ("澜汐", "岑岫", "玑珩")


class Trade(NamedTuple):
    """What a firm makes: division and class of GB/T 4754, words of its name and its niche."""

    division: str
    industry_class: str
    word: str
    niche: str
    product: str


TRADES = (
    Trade("34", "3451", "轴承科技", "精密滚动轴承", "低噪声角接触球轴承"),
    Trade("34", "3444", "液压技术", "液压元件", "高压轴向柱塞泵"),
    Trade("34", "3453", "传动机械", "齿轮减速机", "精密行星减速器"),
    Trade("34", "3443", "流体控制", "特种阀门", "耐磨调节球阀"),
    Trade("34", "3441", "真空设备", "真空泵", "干式螺杆真空泵"),
    Trade("34", "3491", "机器人", "工业机器人", "协作机器人关节模组"),
    Trade("34", "3421", "数控机床", "金属切削机床", "五轴联动加工中心"),
    Trade("35", "3562", "半导体装备", "半导体专用设备", "晶圆湿法清洗机"),
    Trade("35", "3581", "医疗器械", "医疗诊断设备", "便携式超声诊断仪"),
    Trade("35", "3521", "化工装备", "化工专用设备", "微通道反应器"),
    Trade("36", "3670", "汽车部件", "汽车零部件", "线控制动执行器"),
    Trade("38", "3841", "储能科技", "锂离子电池", "高倍率储能电芯"),
    Trade("38", "3825", "光伏材料", "光伏元器件", "异质结电池浆料"),
    Trade("38", "3812", "电机制造", "特种电动机", "轴向磁通电机"),
    Trade("38", "3821", "电气设备", "变压器与电感器", "干式立体卷铁心变压器"),
    Trade("38", "3824", "电力电子", "电力电子元器件", "碳化硅功率模块"),
    Trade("39", "3973", "集成电路", "集成电路制造", "车规级电源管理芯片"),
    Trade("39", "3985", "电子材料", "电子专用材料", "高纯球形硅微粉"),
    Trade("39", "3976", "光电子", "光电子器件", "高速光收发芯片"),
    Trade("39", "3983", "传感技术", "敏感元件与传感器", "微机电压力传感器"),
    Trade("40", "4011", "自动化", "工业控制系统", "分布式安全控制器"),
    Trade("40", "4014", "分析仪器", "实验分析仪器", "高分辨质谱仪"),
    Trade("40", "4040", "光学仪器", "光学仪器", "超精密位移测量仪"),
    Trade("26", "2651", "新材料", "合成树脂", "生物基聚酰胺树脂"),
    Trade("26", "2662", "精细化工", "专项化学用品", "电子级湿电子化学品"),
    Trade("30", "3073", "特种陶瓷", "特种陶瓷制品", "氮化硅陶瓷基板"),
    Trade("32", "3240", "合金材料", "有色金属合金", "高强高导铜合金带"),
    Trade("27", "2710", "医药原料", "化学药品原料药", "手性原料药"),
    Trade("14", "1495", "生物配料", "食品添加剂", "天然类胡萝卜素"),
    Trade("17", "1781", "非织造材料", "非织造布", "高效过滤熔喷材料"),
    Trade("65", "6513", "软件", "工业应用软件", "产线排程软件"),
    Trade("65", "6520", "芯片设计", "集成电路设计", "边缘推理处理器"),
)
OWNERSHIPS = (
    "private",
    "private",
    "private",
    "private",
    "private",
    "joint_venture",
    "foreign",
    "state",
)
RD_NAMES = ("企业技术中心", "工程研究中心", "重点实验室", "博士后科研工作站", "工业设计中心")


def brand(number: int) -> str:
    """Return the three-syllable invented name of a number below `BRANDS`; each number its own."""
    base = len(SYLLABLES)
    first, rest = divmod(number * 1_000_003 % BRANDS, base * base)
    return SYLLABLES[first] + SYLLABLES[rest // base] + SYLLABLES[rest % base]
