import PDFDocument from 'pdfkit';

export interface InvoiceData {
  number: string;
  customer: string;
  plan: string;
  priceCents: number;
  paidUntil: Date;
}

/** One page of PDF, as a stream. */
export function invoiceDocument({ number, customer, plan, priceCents, paidUntil }: InvoiceData): PDFKit.PDFDocument {
  const document = new PDFDocument({ size: 'A5', margin: 48, info: { Title: `Invoice ${number}` } });
  document.fontSize(20).text(`Invoice ${number}`).moveDown();
  document.fontSize(12).text(`For ${customer}`);
  document.text(`Plan "${plan}", one month, paid until ${paidUntil.toISOString().slice(0, 10)}`);
  document
    .moveDown()
    .fontSize(16)
    .text(`EUR ${(priceCents / 100).toFixed(2)}`);
  document.end();
  return document;
}
