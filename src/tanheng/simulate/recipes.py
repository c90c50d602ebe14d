"""How things are made and used: recipes of makers and baskets of users. Data only.

Grammar and meaning of a recipe line: see :mod:`tanheng.simulate.catalogue`.
"""

from __future__ import annotations

from types import MappingProxyType as Fixed

# Class → technologies, each (share of makers, recipe).
RECIPES: Fixed[str, tuple[tuple[float, str], ...]] = Fixed(
    {
        "electricity": (
            (0.62, "coal .36 transport .05 diesel .004 machinery .02 repair .03 water .01"
                   " business_services .02"),
            (0.14, "natural_gas .42 machinery .02 repair .02 water .01 business_services .02"),
            (0.24, "machinery .06 repair .06 electricity .02 business_services .05 finance .06"),
        ),
        "coal": ((1.0, "electricity .07 diesel .04 steel .06 machinery .07 transport .06"
                       " basic_chemicals .02 timber .01 repair .04 business_services .04"),),
        "steel": (
            (0.8, "iron_ore .22 coke .16 coal .04 electricity .05 lime .01 transport .05"
                  " steel_scrap .03 machinery .01 repair .01 water .004"),
            (0.2, "steel_scrap .38 electricity .12 lime .01 transport .04 natural_gas .02"
                  " aluminium .005 repair .01"),
        ),
        "transport": (
            (0.7, "diesel .28 rubber_products .03 car .03 repair .06 finance .03"
                  " business_services .04 gasoline .02"),
            (0.3, "electricity .17 diesel .05 steel .03 machinery .04 repair .06"
                  " business_services .04"),
        ),
        "heat": ((0.7, "coal .45 electricity .05 water .02 transport .03 repair .03"),
                 (0.3, "natural_gas .5 electricity .03 water .02 repair .02")),
        "diesel": ((1.0, "crude_oil .5 electricity .02 heat .02 natural_gas .02 basic_chemicals .02"
                         " transport .02 water .003"),),
        "food": ((0.6, "grain .2 vegetable_oil .06 packaging .06 electricity .02 heat .01"
                       " transport .05 coal .01 business_services .04 water .003 paper .01"),
                 (0.4, "meat .15 vegetables .1 dairy .05 packaging .06 electricity .02 natural_gas"
                       " .01 transport .05 business_services .04")),
        "cement": ((1.0, "coal .15 electricity .16 construction_materials .08 slag .03 transport"
                         " .07 packaging .01 repair .02 diesel .01"),),
        "car": ((0.8, "steel .05 metal_products .06 electronics .1 rubber_products .03 plastics .05"
                      " aluminium .03 glass .02 machinery .03 electricity .008 transport .03"
                      " business_services .03"),
                (0.2, "steel .05 batteries .18 electronics .13 metal_products .06 plastics .04"
                      " electricity .02 transport .03")),
        "business_services": ((1.0, "electricity .02 telecom .05 printing .03 electronics .03"
                                    " passenger_transport .04 catering .04 gasoline .01 finance"
                                    " .03 heat .005"),),
        "gasoline": ((1.0, "crude_oil .48 electricity .02 heat .03 natural_gas .02 basic_chemicals"
                           " .03 transport .02"),),
        "machinery": ((1.0, "steel .16 metal_products .14 electronics .06 cables .03 electricity"
                            " .02 rubber_products .01 machinery .05 transport .03 natural_gas .01"
                            " business_services .04"),),
        "basic_chemicals": ((0.6, "*naphtha .15 *coal .06 caustic_soda .05 basic_chemicals .1"
                                  " electricity .07 heat .05 transport .03 water .004"
                                  " wastewater_treatment .004"),
                            (0.4, "*natural_gas .14 chlorine .06 basic_chemicals .14 electricity"
                                  " .08 coal .05 transport .03 waste_treatment .003")),
        "grain": ((1.0, "fertilizer .13 diesel .05 fine_chemicals .05 machinery .02 water .01"
                        " electricity .02 transport .02"),),
        "construction_materials": ((1.0, "diesel .08 electricity .08 coal .06 machinery .04"
                                         " transport .12 basic_chemicals .02 repair .03"),),
        "coke": ((1.0, "*coal .5 electricity .02 transport .04 water .005 machinery .01"),),
        "electronics": ((1.0, "semiconductors .2 electronics .12 copper .03 plastics .05 glass .02"
                              " fine_chemicals .03 rare_metals .02 electricity .02 packaging .01"
                              " transport .02 business_services .04"),),
        "repair": ((1.0, "metal_products .12 machinery .06 electricity .015 gasoline .03"
                         " rubber_products .03 cables .03 business_services .02"),),
        "plastics": ((1.0, "*naphtha .14 basic_chemicals .26 plastics .05 electricity .05 heat .02"
                           " fine_chemicals .02 transport .03"),),
        "meat": ((1.0, "feed .4 grain .08 electricity .02 pharmaceuticals .02 diesel .01 transport"
                       " .02 water .005"),),
        "paper": ((1.0, "wood_pulp .2 paper .08 timber .06 basic_chemicals .06 caustic_soda .01"
                        " coal .05 electricity .06 heat .03 transport .03 water .01"
                        " wastewater_treatment .01"),),
        "clothing": ((1.0, "textiles .36 clothing .02 plastics .02 electricity .02 packaging .02"
                           " transport .03 business_services .05"),),
        "textiles": ((0.55, "cotton .22 textiles .1 fine_chemicals .05 electricity .06 heat .02"
                            " coal .01 transport .03 wastewater_treatment .005"),
                     (0.45, "plastics .24 textiles .12 fine_chemicals .06 electricity .07 heat .03"
                            " transport .03 water .003")),
        "aluminium": ((1.0, "bauxite .13 electricity .36 caustic_soda .03 coal .02 *coke .03"
                            " transport .03"),),
        "concrete": ((1.0, "cement .32 construction_materials .18 slag .02 diesel .02 electricity"
                           " .01 transport .05 water .003"),),
        "metal_products": ((1.0, "steel .26 aluminium .06 copper .04 metal_products .08 electricity"
                                 " .04 natural_gas .02 coal .01 transport .03 basic_chemicals"
                                 " .01"),),
        "furniture": ((1.0, "timber .24 metal_products .06 plastics .04 textiles .03 fine_chemicals"
                            " .04 electricity .02 packaging .03 transport .04"),),
        "telecom": ((1.0, "electricity .07 electronics .12 cables .04 business_services .06 finance"
                          " .02 repair .02"),),
        "finance": ((1.0, "business_services .12 telecom .05 electricity .01 printing .01"
                          " electronics .02 catering .01"),),
        "appliances": ((1.0, "steel .12 plastics .1 copper .06 electronics .12 metal_products .08"
                             " packaging .02 electricity .02 transport .03"),),
        "fertilizer": ((0.6, "*coal .25 coal .06 electricity .12 potash .04 transport .05 water"
                             " .005"),
                       (0.4, "*natural_gas .3 electricity .07 potash .08 basic_chemicals .05"
                             " transport .05")),
        "glass": ((1.0, "construction_materials .08 basic_chemicals .14 natural_gas .16 electricity"
                        " .07 coal .02 transport .05 packaging .02"),),
        "lime": ((1.0, "construction_materials .15 coal .2 electricity .05 transport .08"
                       " coke_oven_gas .03 diesel .01"),),
        "vegetables": ((1.0, "fertilizer .1 fine_chemicals .04 plastics .03 diesel .02 electricity"
                             " .02 water .02 transport .05"),),
        "dairy": ((1.0, "feed .26 dairy .08 packaging .07 electricity .02 heat .02 transport .04"
                        " pharmaceuticals .01"),),
        "vegetable_oil": ((1.0, "soybeans .5 electricity .015 heat .02 coal .01 transport .03"
                                " basic_chemicals .01"),),
        "feed": ((1.0, "grain .36 soybeans .1 pharmaceuticals .02 electricity .015 packaging .01"
                       " transport .04"),),
        "beverages": ((1.0, "grain .08 vegetables .08 packaging .18 glass .04 water .02 electricity"
                            " .02 heat .02 transport .05 business_services .04"),),
        "fine_chemicals": ((1.0, "basic_chemicals .28 fine_chemicals .12 chlorine .02 rare_metals"
                                 " .01 electricity .04 heat .03 packaging .02 transport .02"
                                 " wastewater_treatment .004"),),
        "pharmaceuticals": ((1.0, "fine_chemicals .2 pharmaceuticals .08 grain .02 packaging .05"
                                  " electricity .02 heat .015 transport .02 business_services"
                                  " .07"),),
        "water": ((1.0, "electricity .17 basic_chemicals .04 machinery .03 repair .05"
                        " metal_products .02"),),
        "wastewater_treatment": ((1.0, "electricity .2 basic_chemicals .08 machinery .03 repair .05"
                                       " waste_treatment .04"),),
        "waste_treatment": ((1.0, "diesel .08 electricity .03 machinery .05 lime .02 repair .06"
                                  " transport .05"),),
        "cables": ((1.0, "copper .44 aluminium .06 plastics .06 electricity .015 transport .02"
                         " packaging .01"),),
        "batteries": ((1.0, "rare_metals .14 copper .06 aluminium .05 basic_chemicals .12 plastics"
                            " .03 electronics .08 electricity .04 transport .01"),),
        "copper": ((1.0, "copper_ore .48 electricity .04 natural_gas .015 basic_chemicals .01 coal"
                         " .01 transport .02"),),
        "rubber_products": ((1.0, "natural_rubber .2 basic_chemicals .14 textiles .04 steel .04"
                                  " electricity .04 heat .02 coal .01 transport .03"),),
        "packaging": ((0.5, "paper .42 fine_chemicals .02 electricity .03 transport .04"),
                      (0.5, "plastics .4 aluminium .03 electricity .04 transport .03")),
        "lpg": ((1.0, "crude_oil .5 electricity .02 heat .02 transport .03"),),
        "naphtha": ((1.0, "crude_oil .54 electricity .015 heat .02 transport .015"),),
        "jet_fuel": ((1.0, "crude_oil .5 electricity .02 heat .02 transport .02"),),
        "caustic_soda": ((1.0, "electricity .4 basic_chemicals .06 heat .03 water .005 transport"
                               " .04"),),
        "chlorine": ((1.0, "electricity .4 basic_chemicals .07 heat .03 transport .03"),),
        "coke_oven_gas": ((1.0, "*coal .42 electricity .04 machinery .02 repair .02"),),
        "slag": ((1.0, "electricity .2 coal .06 diesel .03 transport .15 repair .03"),),
        "steel_scrap": ((1.0, "diesel .04 electricity .03 transport .08 machinery .02 repair"
                              " .02"),),
        "passenger_transport": ((0.6, "diesel .12 gasoline .04 car .04 repair .05 finance .03"),
                                (0.4, "jet_fuel .22 electricity .03 machinery .03 repair .06")),
        "catering": ((1.0, "food .14 meat .1 vegetables .06 beverages .05 electricity .03"
                           " natural_gas .02 water .005 furniture .01 wastewater_treatment .002"),),
        "timber": ((1.0, "diesel .06 electricity .03 machinery .04 fertilizer .02 transport .08"),),
        "printing": ((1.0, "paper .36 fine_chemicals .06 electricity .02 plastics .02 transport"
                           " .02"),),
    }
)  # fmt: skip

HOUSEHOLD = (
    "electricity .03 natural_gas .015 heat .015 gasoline .05 food .14 meat .09 vegetables .07"
    " dairy .03 beverages .04 clothing .09 car .08 appliances .05 electronics .05 furniture .03"
    " telecom .05 passenger_transport .06 catering .07 pharmaceuticals .03 water .006 coal .004"
)
INSTITUTION = (
    "electricity .12 heat .05 natural_gas .02 gasoline .05 paper .05 printing .06 electronics .14"
    " pharmaceuticals .12 furniture .05 telecom .08 catering .08 business_services .1 repair .05"
    " water .01 food .05"
)
CONSTRUCTION = (
    "steel .22 cement .07 concrete .22 construction_materials .1 glass .03 diesel .03 electricity"
    " .02 transport .07 machinery .06 cables .05 aluminium .03 metal_products .06 timber .03"
    " plastics .03"
)
MAINTENANCE = (
    "construction_materials .14 cement .08 steel .12 diesel .08 electricity .1 transport .07 repair"
    " .14 machinery .08 metal_products .1 plastics .04 cables .04"
)
# Of makers, beside their recipes: fixed assets, offices, a new hall. Of traders: handling.
CAPITAL = "machinery .6 car .15 electronics .25"
OFFICE = "electricity .2 gasoline .25 food .15 heat .1 paper .1 business_services .2"
HALL = "steel .4 cement .15 concrete .25 metal_products .2"
HANDLING = "transport .6 electricity .1 diesel .1 business_services .2"

# What takes the place of a base class in sets too small to have it.
STANDS_IN: Fixed[str, str] = Fixed(
    {
        "coke": "coal", "gasoline": "diesel", "jet_fuel": "diesel", "naphtha": "diesel",
        "machinery": "steel", "concrete": "cement", "construction_materials": "cement",
        "steel_scrap": "steel", "slag": "construction_materials", "repair": "business_services",
        "finance": "business_services", "telecom": "business_services", "catering": "food",
        "meat": "food", "vegetables": "food", "dairy": "food", "beverages": "food",
        "feed": "grain", "vegetable_oil": "grain", "soybeans": "grain",
        "passenger_transport": "transport", "appliances": "electronics",
        "batteries": "electronics", "semiconductors": "electronics", "cables": "metal_products",
        "rubber_products": "plastics", "plastics": "basic_chemicals", "packaging": "plastics",
        "textiles": "clothing", "fine_chemicals": "basic_chemicals",
        "pharmaceuticals": "fine_chemicals", "caustic_soda": "basic_chemicals",
        "chlorine": "basic_chemicals", "bauxite": "construction_materials",
        "copper_ore": "construction_materials", "cotton": "textiles",
        "natural_rubber": "basic_chemicals", "potash": "basic_chemicals",
        "fertilizer": "basic_chemicals", "wood_pulp": "timber", "rare_metals": "copper",
        "lpg": "natural_gas", "coke_oven_gas": "natural_gas",
    }
)  # fmt: skip
