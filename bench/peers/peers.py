"""The peers of the benchmarks. Reads a request a line as JSON, answers a line each, takes its own time."""

import io
import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.csv
import pyarrow.parquet
from pypfopt import EfficientFrontier, HRPOpt
from scipy.special import ndtr
from scipy.stats import rankdata
from skfolio.cluster import HierarchicalClustering, LinkageMethod
from skfolio.optimization import HierarchicalRiskParity, MeanRisk
from skfolio.prior import BasePrior, ReturnDistribution
from skfolio.seriation import HierarchicalSeriation

tables = {}


def pypfopt_hrp(options):
    weights = HRPOpt(tables["returns"]).optimize(linkage_method="single")
    return [weights[name] for name in tables["returns"].columns]


def skfolio_hrp(options):
    """Single linkage and the tree's own order, as published; Ward and sorted leaves are its defaults."""
    clustering = HierarchicalClustering(linkage_method=LinkageMethod.SINGLE)
    seriation = HierarchicalSeriation(
        hierarchical_clustering_estimator=clustering, optimal_ordering=False
    )
    return HierarchicalRiskParity(seriation_estimator=seriation).fit(tables["returns"]).weights_


def pypfopt_minimum(options):
    return pypfopt_within(tables["returns"].cov() * 252, options)


def pypfopt_capped(options):
    return pypfopt_within(tables["covariance"], options)


def pypfopt_within(covariance, options):
    frontier = EfficientFrontier(None, covariance, weight_bounds=(0, options["cap"]))
    frontier.min_volatility()
    return frontier.weights


class Known(BasePrior):
    """Hands on moments that are known already."""

    def __init__(self):
        pass

    def fit(self, X, y=None, **params):
        covariance = tables["covariance"].to_numpy()
        self.return_distribution_ = ReturnDistribution(
            mu=np.zeros(len(covariance)), covariance=covariance, returns=X.to_numpy()
        )
        return self


def skfolio_minimum(options):
    return MeanRisk(min_weights=0, max_weights=options["cap"]).fit(tables["returns"]).weights_


def skfolio_capped(options):
    model = MeanRisk(prior_estimator=Known(), min_weights=0, max_weights=options["cap"])
    return model.fit(tables["returns"]).weights_


FIGURES = {
    "momentum": ["momentum"],
    "value": ["earningsYield", "bookYield"],
    "quality": ["margin", "equityReturn", "debt", "revenue", "earnings"],
    "lowVolatility": ["volatility"],
    "dividend": ["dividend"],
    "drawdown": ["drawdown"],
}
WEIGHTS = {
    "momentum": 0.25,
    "quality": 0.25,
    "value": 0.2,
    "lowVolatility": 0.15,
    "drawdown": 0.1,
    "dividend": 0.05,
}


def robust_z(signals):
    centre = signals.median()
    distance = (signals - centre).abs()
    deviation = 1.4826 * distance.median()
    if deviation == 0:
        deviation = 1.2533 * distance.mean()
    return ((signals - centre) / deviation).clip(-3, 3)


def pandas_scores(options):
    """Score and percentile of each security from the same definitions as docs/domain/scoring.md."""
    prices, known = tables["prices"], tables["fundamentals"]
    last = prices.index[-1]
    year = prices.loc[prices.index > last - pd.Timedelta(days=365)]
    month_ago = prices.asof(last - pd.Timedelta(days=30))
    year_ago = prices.asof(last - pd.Timedelta(days=365))
    returns = np.log(year / year.shift(1)).iloc[1:]
    signals = pd.DataFrame(
        {
            "momentum": month_ago / year_ago - 1,
            "volatility": -(returns.std() * np.sqrt(252)),
            "drawdown": year.iloc[-1] / year.max() - 1,
            "earningsYield": 1 / known["peRatio"],
            "bookYield": 1 / known["pbRatio"],
            "margin": known["margin"],
            "equityReturn": known["equityReturn"],
            "debt": -known["debt"],
            "revenue": known["revenue"],
            "earnings": known["earnings"],
            "dividend": known["dividend"],
        }
    )
    zs = signals.apply(robust_z)
    parts = pd.DataFrame({name: ndtr(zs[of].mean(axis=1)) for name, of in FIGURES.items()})
    total = (parts * pd.Series(WEIGHTS)).sum(axis=1) / sum(WEIGHTS.values())
    percentile = (rankdata(total) - 0.5) / len(total)
    return np.concatenate([total.to_numpy(), percentile])


def bt_equal_weights(options):
    """A whole backtest; the last value of its index."""
    import bt

    algos = bt.algos
    when = algos.RunDaily() if options["schedule"] == "daily" else algos.RunMonthly()
    steps = [when, algos.SelectAll(), algos.WeighEqually(), algos.Rebalance()]
    prices = tables["prices"].rename(columns=lambda column: f"S{column}")
    test = bt.Backtest(bt.Strategy("equal", steps), prices, integer_positions=False)
    return [bt.run(test).prices.iloc[-1, 0]]


def parquet_bytes(options):
    """Of a folder's csv files, a file of Parquet each: with its usual compression, and with zstd."""
    sums = {"snappy": 0, "zstd": 0}
    for path in sorted(Path(options["folder"]).glob("S*.csv")):
        table = pyarrow.csv.read_csv(path)
        for compression in sums:
            into = io.BytesIO()
            pyarrow.parquet.write_table(table, into, compression=compression)
            sums[compression] += into.tell()
    return list(sums.values())


def backtrader_equal_weights(options):
    """A whole backtest with orders at the close in whole shares; the last value of the account."""
    import backtrader

    class Equal(backtrader.Strategy):
        month = None

        def next(self):
            today = self.datas[0].datetime.date(0)
            if options["schedule"] != "daily" and today.month == self.month:
                return
            self.month = today.month
            for data in self.datas:
                self.order_target_percent(data, target=1 / len(self.datas))

    cerebro = backtrader.Cerebro(stdstats=False)
    cerebro.broker.set_cash(25_000)
    cerebro.broker.set_coc(True)
    for name, prices in tables["prices"].items():
        columns = {column: prices for column in ("open", "high", "low", "close")}
        frame = pd.DataFrame({**columns, "volume": 0})
        cerebro.adddata(backtrader.feeds.PandasData(dataname=frame, name=f"S{name}"))
    cerebro.addstrategy(Equal)
    cerebro.run()
    return [cerebro.broker.getvalue()]


PEERS = {
    "bt equal weights": bt_equal_weights,
    "backtrader equal weights": backtrader_equal_weights,
    "PyPortfolioOpt hrp": pypfopt_hrp,
    "skfolio hrp": skfolio_hrp,
    "PyPortfolioOpt capped": pypfopt_capped,
    "skfolio capped": skfolio_capped,
    "PyPortfolioOpt minimum": pypfopt_minimum,
    "skfolio minimum": skfolio_minimum,
    "pandas scores": pandas_scores,
    "parquet bytes": parquet_bytes,
}


def load(request):
    values = np.fromfile(request["path"]).reshape(request["columns"], -1).T
    table = pd.DataFrame(values.copy(), columns=[f"S{i}" for i in range(values.shape[1])])
    if request["name"] == "prices":
        days = table.pop(table.columns[0])
        table.index = pd.to_datetime(days, unit="D")
        table.columns = range(table.shape[1])
    if request["name"] == "fundamentals":
        names = ["peRatio", "pbRatio", "margin", "equityReturn", "debt", "revenue", "earnings"]
        table.columns = [*names, "dividend"]
    tables[request["name"]] = table


def take_time(request):
    peer = PEERS[request["peer"]]
    values = [float(value) for value in peer(request["options"])]
    began, began_cpu = time.perf_counter(), time.process_time()
    calls = 0
    while True:
        peer(request["options"])
        calls += 1
        passed = 1000 * (time.perf_counter() - began)
        if passed >= request["leastMs"]:
            cpu = 1000 * (time.process_time() - began_cpu)
            return {"ms": passed / calls, "cpuMs": cpu / calls, "values": values}


def versions(request):
    names = ["numpy", "pandas", "scipy", "PyPortfolioOpt", "skfolio", "bt", "backtrader", "pyarrow"]
    return ", ".join([f"Python {sys.version.split()[0]}", *(f"{n} {version(n)}" for n in names)])


for line in sys.stdin:
    request = json.loads(line)
    try:
        does = {"versions": versions, "load": load, "time": take_time}[request["do"]]
        answer = {"answer": does(request)}
    except Exception as thrown:  # what the peer says is the answer
        answer = {"error": f"{type(thrown).__name__}: {thrown}"}
    print(json.dumps(answer), flush=True)
