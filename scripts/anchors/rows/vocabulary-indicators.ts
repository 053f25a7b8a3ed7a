/** Words of technical indicators. */
import { words, type Vocabulary } from './vocabulary.ts';

const SEED = words(
  'seed mean | seed | mean | EMAs seeded with the SMA | seeded with the SMA | SMA',
);

export const indicatorWords: Vocabulary = {
  phrases: {
    operation: [
      words('sma | simple moving average | ema | exponential moving average | wma | dema | tema'),
      words(
        'weighted moving average | trima | hma | hull moving average | hull | zlema | wilders?',
      ),
      words('smma | rma | dynamic | mcginley dynamic | mcginley | t3 | alma | kama | vidya | vwma'),
      words('ma envelopes? | envelopes? | linreg | epma | linreg intercept | linreg slope | tsf'),
      words('time series forecast | fosc | forecast oscillator | slope | var | variance | stddev'),
      words('stdev | stdevp | standard deviation | stderr | standard error | md | mean deviation'),
      words('volatility | vol | vhf | ulcer index | ulcer | ui | bb | bbands | bollinger bands'),
      words('bollinger | corr | correlation | beta | sma analysis | max | highest | min | lowest'),
      words('sum | lag | decay | edecay | crossany | crossover | rsi | relative strength index'),
      words(
        'stoch rsi | stochastic rsi | cmo | mom | momentum | roc | rocr | macd | pvo | ppo | apo',
      ),
      words('trix | tsi | kst | pmo | dpo | stoch | stochastic | stochastic oscillator | soo'),
      words('willr | williams r | williams %r | percentr | %r | smi | cci | ultosc | uo | awesome'),
      words('ultimate | ultimate oscillator | bop | ao | awesome oscillator | qstick | fisher'),
      words('fisher transform | crsi | connors rsi | connors | msw | avgprice | medprice'),
      words('typprice | wcprice | tr | true range | atr | average true range | natr | mass index'),
      words(
        'mass | cvi | chop | choppiness index | keltner | keltner channel | kc | donchian | dc',
      ),
      words('donchian channel | starc | starc bands | ichimoku | ichimoku cloud | dm | di | dx'),
      words('directional movement | adxr | adx | aroon | aroon oscillator | aroonosc | vortex'),
      words('vortex indicator | psar | parabolic sar | chexit | chandelier exit | chandelier'),
      words('supertrend | alligator | obv | on balance volume | ad | adl | adosc | chaikin osc'),
      words(
        'accumulation | chaikin oscillator | cmf | chaikin money flow | mfi | money flow index',
      ),
      words('emv | eom | ease of movement | kvo | klinger | klinger oscillator | nvi | pvi | vosc'),
      words('wad | marketfi | vpt | force | force index | fi | vwap | elder ray | abs | ceil'),
      words('floor | round | trunc | sin | cos | tan | asin | acos | atan | sinh | cosh | tanh'),
      words('sqrt | exp | ln | log10 | todeg | torad | add | sub | mul | div'),
      words('indicator values on the last row'),
      /\(\s*\d+(?:\s*,\s*[\d.]+)*\s*\)/,
    ],
    convention: [
      'Wilder smoothing of gains and losses, seeded with the simple mean of the first n changes',
      'Wilder smoothing of TR, TR_0 = high-low, seeded with the mean of the first n',
      'population standard deviation; outputs lower, middle, upper',
      'seed = first input; k = 2/(n+1); same length as the input',
      'EMAs seeded with the first input; for 12/26 the constants are k=0.15 and k=0.075; output starts at index long-1; signal EMA seeded with the first MACD value; outputs macd, signal, histogram',
      'plain mean of n',
      'weights 1..n, newest heaviest',
      /^starts at 0$|^population$/,
      'options: %K period, %K slowing, %D period; outputs %K, %D',
      'TR_0 = high - low',
      '-100*(HH-C)/(HH-LL)',
    ],
    alignment: ['outputs are aligned to the end of the inputs'],
    inputsorder: [words('open | high | low | close | volume | price | real | value | adjclose')],
    order: [words('open | high | low | close | volume | price | real | value | adjclose')],
    seed: [
      /(?:sma|mean|average) of the first \d+(?: changes| values)?/,
      words('first | sma | mean'),
    ],
    stdev: [words('population | sample')],
    returns: ['simple; first return 0'],
    other: [/evaluated(?: asset)? = \w+,\s*market = \w+/],
    rsi: [/wilder \d+/, SEED],
    atr: [/wilder \d+/, 'TR from the 2nd row', SEED],
    bollinger: [/^\d+\s*,\s*\d+(?:\.\d+)?/, words('population | sample')],
    macd: [/^\d+\s*,\s*\d+\s*,\s*\d+/, SEED],
    stoch: [/^\d+\s*,\s*\d+\s*,\s*\d+$/],
    roc: [/^\d+/, words('percent | ratio')],
    obv: [/starts at 0(?: on the first of the \d+ rows)?/],
  },
  named: ['expectedcolumn', 'output'],
};
