/** Pads the cells of rows so that columns stand under each other; a row's last cell is not padded. */
export function alignColumns(rows: readonly (readonly string[])[], maxWidth = 80): string[][] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      // A cell beyond the limit sticks out alone instead of pushing all others away.
      if (cell.length <= maxWidth) widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))),
  );
}

/** Cuts text that holds no colours to a width, with an ellipsis at its end. */
export function cutTo(width: number, text: string): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
