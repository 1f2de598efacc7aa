/**
 * In the text of a statement: plan it for its values each time. A statement that is prepared gets a plan for any values
 * after five executions, and one for any number and any name reads far more than the one for these.
 */
export const PLANNED_ANEW = '/* planned anew */'
