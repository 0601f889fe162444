"""What tests look for in a report's figures."""


def layer(figures, name):
    return next(one for one in figures["layers"] if one["name"] == name)


def rule(figures, name):
    return next(one for one in figures["rules"] if one["rule"] == name)
