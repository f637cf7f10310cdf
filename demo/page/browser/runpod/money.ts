/** `$1,234.50` */
export const usd = (amount: number) =>
  new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' }).format(amount);

/** `$0.0096/h`: what is below a cent has as many digits as say something. */
export const perHour = (amount: number) => `${amount !== 0 && amount < 0.1 ? `$${amount.toFixed(4)}` : usd(amount)}/h`;
