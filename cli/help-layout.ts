/** Help that keeps to the terminal: on a narrow one, what a term means stands below it. */
import { Help, type Argument, type HelpConfiguration, type Option } from 'commander';

const WIDTH_MAX = 100;
const WIDTH_PIPED = 80;
/** Of a column of text; what is narrower is read badly. */
const TEXT_WIDTH_MIN = 30;
const INDENT = 2;
const BELOW = 6;

export const helpLayout: HelpConfiguration = {
  helpWidth: Math.min(process.stdout.columns || WIDTH_PIPED, WIDTH_MAX),
  minWidthToWrap: TEXT_WIDTH_MIN,
  formatItem(term, termWidth, description, helper) {
    const width = helper.helpWidth ?? WIDTH_PIPED;
    const beside = width - INDENT - termWidth - 2;
    if (beside >= TEXT_WIDTH_MIN || description === '')
      return Help.prototype.formatItem.call(helper, term, termWidth, description, helper);
    const text = helper.boxWrap(description, width - BELOW);
    return [
      `${' '.repeat(INDENT)}${term}`,
      ...text.split('\n').map((line) => `${' '.repeat(BELOW)}${line}`),
    ].join('\n');
  },
  // An empty default is none.
  optionDescription(option: Option) {
    return withoutEmptyDefault(Help.prototype.optionDescription.call(this, option));
  },
  argumentDescription(argument: Argument) {
    return withoutEmptyDefault(Help.prototype.argumentDescription.call(this, argument));
  },
};

function withoutEmptyDefault(description: string): string {
  return description.replace(/ ?\(default: ""\)/, '');
}
