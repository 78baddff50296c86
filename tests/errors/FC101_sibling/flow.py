from base import Base


class Heir(Base):
    pass
