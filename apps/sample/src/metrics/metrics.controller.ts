import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { Request, Response } from 'express';

const exporter = new PrometheusExporter({ preventServerStart: true });
// The modules report to whatever provider is set before the app starts.
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }));

/** What this replica measures, for Prometheus. */
@ApiExcludeController()
@Controller('metrics')
export class MetricsController {
  @Get()
  scrape(@Req() request: Request, @Res() response: Response): void {
    exporter.getMetricsRequestHandler(request, response);
  }
}
