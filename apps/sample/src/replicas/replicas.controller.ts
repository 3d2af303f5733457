import { Controller, ForbiddenException, Get, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ClusterService } from '@rookery/cluster';

@ApiTags('replicas')
@Controller()
export class ReplicasController {
  constructor(private readonly cluster: ClusterService) {}

  @Get('whoami')
  whoami() {
    return this.cluster.self;
  }

  @Get('replicas')
  async replicas() {
    return { answeredBy: this.cluster.self.id, replicas: await this.cluster.replicas() };
  }

  /** Ends the replica that answers, as a crash would. For the demo only. */
  @Post('replicas/kill')
  @HttpCode(202)
  kill() {
    if (process.env.NODE_ENV !== 'development') throw new ForbiddenException('Only with NODE_ENV=development.');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50);
    return { killed: this.cluster.self.id };
  }
}
