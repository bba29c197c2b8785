"""Where coverage is going: states of holders by quarter, moves, chances (覆盖预测)."""
