from shop.stages import Stages
