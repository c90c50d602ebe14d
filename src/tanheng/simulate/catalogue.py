"""What a synthetic region is made of: base classes, recipes, places. Data only.

All figures are invented, of the order of magnitude of Chinese industry around 2016: prices in CNY
per measure, combustion and process emissions in tCO2e per measure, recipes as shares of the value
of output. Nothing here is a statistic or a factor to be used outside of synthetic records.

A recipe is a line ``"coal .36 transport .05 *naphtha .2"``: base class, share of output value; a
star marks a fuel or other energy that is taken in as material and not burnt. The shares of a
maker's recipe add up to at most ``RECIPE_CAP``.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType as Fixed

RECIPE_CAP = 0.62


@dataclass(frozen=True, slots=True)
class Scale:
    """How finely a measure is recorded, and the other measure that is used at times.

    Attributes:
        decimals: a quantity is a whole number of ``10 ** -decimals`` of the measure.
        other: a measure of the same dimension, "" if none.
        other_decimals: the same steps in that measure.
    """

    decimals: int
    other: str = ""
    other_decimals: int = 0


SCALES = Fixed(
    {
        "t": Scale(3, "kg", 0),
        "kg": Scale(3, "t", 6),
        "kWh": Scale(0, "MWh", 3),
        "GJ": Scale(3, "MJ", 0),
        "10^4 Nm3": Scale(4, "Nm3", 0),
        "m3": Scale(3),
        "tkm": Scale(0, "10^4 tkm", 4),
        "car": Scale(0),
        "CNY": Scale(2, "10^4 CNY", 6),
    }
)


@dataclass(frozen=True, slots=True)
class Base:
    """A base class; further classes ``<slug>-<k>`` are derived from those with ``variants``.

    Attributes:
        slug, zh, en: identifier and names.
        maker_zh, maker_en: what a plant that makes it is called.
        measure: measure of the class.
        price_cny: per measure.
        variants: weight with which further classes are derived from it; 0 for hubs.
        local: not kept in stock, and makers spread over all regions.
        burn_tco2: when one measure of it is burnt.
        process_tco2e, gas: process emissions per measure made.
        energy_gj: energy content of one measure.
        joint: (slug of a joint product, partition key, its share of value); slug "=" is another
            class derived from the same base.
        further: a second product: (zh, en, measure, class measures in one of it).
    """

    slug: str
    zh: str
    en: str
    maker_zh: str
    maker_en: str
    measure: str
    price_cny: float
    variants: float = 0.0
    local: bool = False
    burn_tco2: float = 0.0
    process_tco2e: float = 0.0
    gas: str = "CO2"
    energy_gj: float = 0.0
    joint: tuple[str, str, float] | None = None
    further: tuple[str, str, str, float] | None = None


# Classes that the region makes. Small sets take the first of them, so hubs come first.
MADE: tuple[Base, ...] = (
    Base("electricity", "电力", "Electricity", "发电厂", "Power", "kWh", 0.55, local=True,
         energy_gj=0.0036, joint=("heat", "energy", 0.25)),
    Base("coal", "煤炭", "Coal", "煤矿", "Colliery", "t", 450, burn_tco2=1.98, process_tco2e=0.11,
         gas="CH4", further=("洗煤", "Washed coal", "t", 1.25)),
    Base("steel", "钢材", "Steel", "钢铁厂", "Steel", "t", 2800, process_tco2e=0.06,
         joint=("slag", "economic", 0.02), further=("特种钢", "Special steel", "t", 2.5)),
    Base("transport", "货运", "Freight", "运输公司", "Haulage", "tkm", 0.35, local=True),
    Base("heat", "热力", "Heat", "热力厂", "Heating", "GJ", 45, local=True, energy_gj=1.0,
         further=("蒸汽", "Steam", "t", 2.5)),
    Base("diesel", "柴油", "Diesel", "炼油厂", "Refinery", "t", 5600, burn_tco2=3.10,
         energy_gj=42.6, joint=("gasoline", "mass", 0.3)),
    Base("food", "食品", "Food", "食品厂", "Foods", "t", 9000, 3.0,
         joint=("feed", "economic", 0.1)),
    Base("cement", "水泥", "Cement", "水泥厂", "Cement", "t", 280, process_tco2e=0.5),
    Base("car", "乘用车", "Passenger car", "汽车厂", "Motors", "car", 110000,
         further=("商务车", "Van", "car", 1.25)),
    Base("business_services", "商务服务", "Business services", "咨询公司", "Consulting", "CNY", 1,
         local=True),
    Base("gasoline", "汽油", "Gasoline", "石化厂", "Petroleum", "t", 6500, burn_tco2=2.93,
         energy_gj=43.1, joint=("lpg", "mass", 0.2)),
    Base("machinery", "机械设备", "Machinery", "机械厂", "Machines", "t", 25000, 5.0),
    Base("basic_chemicals", "基础化学品", "Basic chemicals", "化工厂", "Chemicals", "t", 5200, 5.0,
         process_tco2e=0.12, joint=("=", "mass", 0.3)),
    Base("grain", "粮食", "Grain", "农场", "Farm", "t", 2300, 0.6, process_tco2e=0.16, gas="N2O",
         joint=("feed", "economic", 0.08)),
    Base("construction_materials", "建筑材料", "Construction materials", "建材厂", "Materials", "t",
         120, 2.0),
    Base("coke", "焦炭", "Coke", "焦化厂", "Coking", "t", 1100, burn_tco2=2.86, energy_gj=28.4,
         joint=("coke_oven_gas", "energy", 0.15)),
    Base("electronics", "电子产品", "Electronics", "电子厂", "Electronics", "t", 160000, 6.0,
         joint=("=", "economic", 0.3)),
    Base("repair", "修理服务", "Repair services", "维修公司", "Repairs", "CNY", 1, local=True),
    Base("plastics", "塑料", "Plastics", "塑料厂", "Plastics", "t", 9500, 3.0,
         joint=("=", "mass", 0.3)),
    Base("meat", "肉类", "Meat", "养殖场", "Livestock", "t", 24000, 0.6, process_tco2e=1.6,
         gas="CH4", joint=("fertilizer", "declared", 0.05)),
    Base("paper", "纸", "Paper", "造纸厂", "Paper", "t", 4800, 1.5),
    Base("clothing", "服装", "Clothing", "服装厂", "Garments", "t", 120000, 3.0),
    Base("textiles", "纺织品", "Textiles", "纺织厂", "Textiles", "t", 30000, 3.0),
    Base("aluminium", "铝", "Aluminium", "铝厂", "Aluminium", "t", 12500, process_tco2e=1.6),
    Base("concrete", "混凝土", "Concrete", "搅拌站", "Concrete", "m3", 330, local=True),
    Base("metal_products", "金属制品", "Metal products", "五金厂", "Metalworks", "t", 8000, 5.0,
         joint=("=", "economic", 0.25)),
    Base("furniture", "家具", "Furniture", "家具厂", "Furniture", "t", 14000, 1.5),
    Base("telecom", "通信服务", "Telecom services", "通信公司", "Telecom", "CNY", 1, local=True),
    Base("finance", "金融服务", "Financial services", "金融公司", "Finance", "CNY", 1, local=True),
    Base("appliances", "家用电器", "Appliances", "电器厂", "Appliances", "t", 32000, 2.0),
    Base("fertilizer", "化肥", "Fertilizer", "化肥厂", "Fertilizer", "t", 1900, 0.5,
         process_tco2e=0.9, gas="N2O", further=("尿素", "Urea", "t", 0.8)),
    Base("glass", "玻璃", "Glass", "玻璃厂", "Glass", "t", 1600, 1.0, process_tco2e=0.2),
    Base("lime", "石灰", "Lime", "石灰厂", "Lime", "t", 380, process_tco2e=0.68),
    Base("vegetables", "蔬菜水果", "Vegetables and fruit", "种植园", "Gardens", "t", 4200, 1.0),
    Base("dairy", "乳制品", "Dairy", "乳品厂", "Dairy", "t", 9500, 0.7, process_tco2e=0.5,
         gas="CH4", joint=("=", "economic", 0.3)),
    Base("vegetable_oil", "植物油", "Vegetable oil", "油脂厂", "Oils", "t", 6800, 0.4,
         joint=("feed", "economic", 0.35)),
    Base("feed", "饲料", "Feed", "饲料厂", "Feeds", "t", 2900, 0.4),
    Base("beverages", "饮料", "Beverages", "饮料厂", "Drinks", "m3", 5000, 1.0),
    Base("fine_chemicals", "精细化学品", "Fine chemicals", "精化厂", "Fine Chemicals", "kg", 60,
         4.0, joint=("=", "declared", 0.3)),
    Base("pharmaceuticals", "药品", "Pharmaceuticals", "制药厂", "Pharma", "kg", 400, 3.0),
    Base("water", "自来水", "Water", "自来水厂", "Waterworks", "m3", 3.5, local=True),
    Base("wastewater_treatment", "污水处理", "Wastewater treatment", "污水处理厂", "Wastewater",
         "m3", 2.5, local=True, process_tco2e=0.0003, gas="CH4"),
    Base("waste_treatment", "垃圾处理", "Waste treatment", "垃圾处理厂", "Waste", "t", 180,
         local=True, process_tco2e=0.35),
    Base("cables", "电线电缆", "Cables", "线缆厂", "Cables", "t", 45000, 1.0),
    Base("batteries", "电池", "Batteries", "电池厂", "Batteries", "kg", 55, 1.0),
    Base("copper", "铜", "Copper", "铜业厂", "Copper", "t", 38000),
    Base("rubber_products", "橡胶制品", "Rubber products", "橡胶厂", "Rubber", "t", 17000, 1.5),
    Base("packaging", "包装", "Packaging", "包装厂", "Packaging", "t", 7000, 2.0),
    Base("lpg", "液化石油气", "LPG", "气体厂", "Gases", "t", 4000, burn_tco2=3.0, energy_gj=50.2),
    Base("naphtha", "石脑油", "Naphtha", "油品厂", "Oil Products", "t", 4200, energy_gj=44.0),
    Base("jet_fuel", "航空煤油", "Jet fuel", "航油厂", "Aviation Fuel", "t", 5000, burn_tco2=3.07,
         energy_gj=43.1, joint=("naphtha", "energy", 0.3)),
    Base("caustic_soda", "烧碱", "Caustic soda", "氯碱厂", "Chlor-alkali", "t", 2200,
         joint=("chlorine", "mass", 0.35)),
    Base("chlorine", "氯气", "Chlorine", "氯气厂", "Chlorine", "t", 1300),
    Base("coke_oven_gas", "焦炉煤气", "Coke oven gas", "煤气厂", "Town Gas", "10^4 Nm3", 5000,
         burn_tco2=7.4, energy_gj=170.0),
    Base("slag", "矿渣", "Slag", "矿渣粉厂", "Slag", "t", 90),
    Base("steel_scrap", "废钢", "Steel scrap", "回收站", "Recycling", "t", 1400),
    Base("passenger_transport", "客运", "Passenger transport", "客运公司", "Transit", "CNY", 1,
         local=True),
    Base("catering", "餐饮住宿", "Catering and lodging", "酒店", "Hotel", "CNY", 1, local=True),
    Base("timber", "木材", "Timber", "木材厂", "Timber", "m3", 1400, 0.5),
    Base("printing", "印刷品", "Printed matter", "印刷厂", "Printing", "t", 15000, 1.0),
)  # fmt: skip

# Classes that only come from outside; their benchmarks stand in ``exogenous``.
IMPORTED: tuple[Base, ...] = (
    Base("iron_ore", "铁矿石", "Iron ore", "", "", "t", 480),
    Base("crude_oil", "原油", "Crude oil", "", "", "t", 2400),
    Base("natural_gas", "天然气", "Natural gas", "", "", "10^4 Nm3", 24000, burn_tco2=21.6,
         further=("液化天然气", "LNG", "t", 0.125)),
    Base("semiconductors", "半导体", "Semiconductors", "", "", "kg", 9000, 3.0),
    Base("soybeans", "大豆", "Soybeans", "", "", "t", 2900),
    Base("cotton", "棉花", "Cotton", "", "", "t", 13500, 0.3),
    Base("copper_ore", "铜精矿", "Copper concentrate", "", "", "t", 8500),
    Base("bauxite", "铝土矿", "Bauxite", "", "", "t", 380),
    Base("wood_pulp", "木浆", "Wood pulp", "", "", "t", 4200, 0.5),
    Base("natural_rubber", "天然橡胶", "Natural rubber", "", "", "t", 11000),
    Base("potash", "钾盐", "Potash", "", "", "t", 1900),
    Base("rare_metals", "稀有金属", "Rare metals", "", "", "kg", 320, 3.0),
)  # fmt: skip

# Fuels and carriers whose purchase is energy, not material.
ENERGY = frozenset(
    ("electricity", "heat", "coal", "coke", "diesel", "gasoline", "natural_gas", "lpg",
     "coke_oven_gas", "jet_fuel")
)  # fmt: skip

# Invented places. Any likeness with a company is an accident; units also carry a number.
PLACES: tuple[tuple[str, str], ...] = (
    ("青砚", "Qingyan"), ("墨岭", "Moling"), ("霁川", "Jichuan"), ("鹭汀", "Luting"),
    ("栎原", "Liyuan"), ("澄坞", "Chengwu"), ("穗岭", "Suiling"), ("岚渡", "Landu"),
    ("桐埠", "Tongbu"), ("鹿泽", "Luze"), ("苇塘", "Weitang"), ("霜桥", "Shuangqiao"),
    ("竹泾", "Zhujing"), ("雁汊", "Yancha"), ("芦滩", "Lutan"), ("榆坞", "Yuwu"),
    ("枫堰", "Fengyan"), ("砾溪", "Lixi"), ("梧岗", "Wugang"), ("茗坡", "Mingpo"),
    ("棠浦", "Tangpu"), ("麓湾", "Luwan"), ("屿北", "Yubei"), ("萤谷", "Yinggu"),
    ("鹤梁", "Heliang"), ("柳碛", "Liuqi"), ("松壑", "Songhe"), ("藕荡", "Oudang"),
    ("沐岭", "Muling"), ("皓洲", "Haozhou"), ("棣塬", "Diyuan"), ("云碓", "Yundui"),
)  # fmt: skip

REGIONS = ("beiyuan", "donglin", "nanpu", "xiling", "zhongze", "haiwan", "shangu", "linhe")

# Units that are not makers: per use, what they are called.
OTHERS: Fixed[str, tuple[tuple[str, str], ...]] = Fixed(
    {
        "daily_person": (("社区", "Community"), ("新村", "Village"), ("小区", "Estate")),
        "daily_institution": (("学校", "School"), ("医院", "Hospital"), ("机关", "Office")),
        "construction": (("道路工程", "Road Project"), ("住宅工程", "Housing Project")),
        "maintenance": (("市政养护", "Municipal Upkeep"), ("路桥养护", "Road Upkeep")),
    }
)
TRADER = ("商贸公司", "Trading")
